// Reads protobuf's wire format field by field, for files that must be checked
// before a library may parse them.
#ifndef PARLEY_ENGINE_TOKENIZER_WIRE_READER_H_
#define PARLEY_ENGINE_TOKENIZER_WIRE_READER_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace parley {

// The kinds of field that may appear. Groups, which nest, are left out:
// sentencepiece_model.proto has none.
enum class WireType : uint8_t { kVarint = 0, k64 = 1, kBytes = 2, k32 = 5 };

struct WireField {
  uint64_t number = 0;
  WireType type = WireType::kVarint;
  uint64_t value = 0;       // kVarint, k32 and k64.
  absl::string_view bytes;  // kBytes.

  // Of k32.
  float AsFloat() const;
};

// Takes one message apart. The bytes must outlive it. One thread.
class WireReader {
 public:
  explicit WireReader(absl::string_view message) : rest_(message) {}

  bool done() const { return rest_.empty(); }

  // INVALID_ARGUMENT says what is malformed.
  // REQUIRES: !done()
  absl::Status Next(WireField* field);

 private:
  absl::Status ReadVarint(uint64_t* value);
  absl::Status ReadFixed(size_t num_bytes, uint64_t* value);
  absl::Status ReadBytes(absl::string_view* bytes);

  absl::string_view rest_;
};

// INVALID_ARGUMENT where the field, whose name is for the message, is of
// another type.
absl::Status ExpectWireType(const WireField& field, WireType type,
                            absl::string_view name);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_WIRE_READER_H_
