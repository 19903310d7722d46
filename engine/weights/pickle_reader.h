// Python pickles read as plain data. Nothing is imported, constructed or
// called: a global stays a name, and a call stays a node that says what would
// be called with what.
#ifndef PARLEY_ENGINE_WEIGHTS_PICKLE_READER_H_
#define PARLEY_ENGINE_WEIGHTS_PICKLE_READER_H_

#include <cstddef>
#include <deque>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/weights/pickle_value.h"

namespace parley {

// A pickle that was read. Owns its values; their texts are views of the bytes
// and the allowed globals given to ReadPickle. Read-only; any thread.
class Pickle {
 public:
  const PickleValue& root() const { return *root_; }
  // How much of the bytes it took, up to and with its STOP.
  size_t size_bytes() const { return size_bytes_; }

 private:
  friend class PickleMachine;
  std::unique_ptr<std::deque<PickleValue>> values_;
  const PickleValue* root_ = nullptr;
  size_t size_bytes_ = 0;
};

// Reads the one pickle, of protocol 2 to 5, at the front of `bytes`.
// INVALID_ARGUMENT, naming the place and the opcode or the global, for any
// opcode but those that lists, dicts, tuples, strings, numbers, names, calls
// and persistent ids need; for any global but `allowed_globals` ("module.name")
// and collections.OrderedDict; for a BUILD on anything but an OrderedDict (its
// attributes are dropped); for a pickle that is cut short, breaks its own
// stack, or has more than a million values.
absl::StatusOr<Pickle> ReadPickle(
    absl::Span<const std::byte> bytes,
    absl::Span<const absl::string_view> allowed_globals);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_PICKLE_READER_H_
