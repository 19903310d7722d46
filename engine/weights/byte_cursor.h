// Reading little-endian bytes from front to back, never past their end.
#ifndef PARLEY_ENGINE_WEIGHTS_BYTE_CURSOR_H_
#define PARLEY_ENGINE_WEIGHTS_BYTE_CURSOR_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <type_traits>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace parley {

static_assert(std::endian::native == std::endian::little,
              "file formats here are little-endian and read in place");

// The same bytes as text.
inline absl::string_view AsText(absl::Span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Every reader gives nullopt, and stays where it is, where too few bytes
// remain. Borrows the bytes; what it hands out are views of them. One thread.
class ByteCursor {
 public:
  explicit ByteCursor(absl::Span<const std::byte> bytes) : bytes_(bytes) {}

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }

  // An unaligned little-endian integer.
  template <typename T>
  std::optional<T> Read() {
    static_assert(std::is_integral_v<T>);
    if (remaining() < sizeof(T)) return std::nullopt;
    T value;
    std::memcpy(&value, bytes_.data() + position_, sizeof(T));
    position_ += sizeof(T);
    return value;
  }

  std::optional<absl::Span<const std::byte>> Take(uint64_t num_bytes) {
    if (num_bytes > remaining()) return std::nullopt;
    const absl::Span<const std::byte> taken =
        bytes_.subspan(position_, static_cast<size_t>(num_bytes));
    position_ += static_cast<size_t>(num_bytes);
    return taken;
  }

  // Up to the next '\n', which is consumed and not part of the line. nullopt
  // also where no '\n' is among the next `max_bytes`.
  std::optional<absl::string_view> TakeLine(size_t max_bytes) {
    const absl::string_view text =
        AsText(bytes_.subspan(position_)).substr(0, max_bytes);
    const size_t length = text.find('\n');
    if (length == absl::string_view::npos) return std::nullopt;
    position_ += length + 1;
    return text.substr(0, length);
  }

 private:
  const absl::Span<const std::byte> bytes_;
  size_t position_ = 0;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_BYTE_CURSOR_H_
