#include "engine/tokenizer/whitespace.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace parley {
namespace {

// Every character whose str.isspace() is true in Python: bidirectional type
// WS, B or S, or category Zs.
bool IsWhitespace(uint32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 ||
         c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

// Bytes of the white space character that `text` starts with; 0 where it
// starts with none. No white space is above U+FFFF.
size_t LeadingBytes(absl::string_view text) {
  const auto byte_at = [text](size_t i) {
    return static_cast<uint8_t>(text[i]);
  };
  if (text.empty()) return 0;
  const uint32_t first = byte_at(0);
  if (first < 0x80) return IsWhitespace(first) ? 1 : 0;
  const size_t num_bytes = first < 0xE0 ? 2 : 3;
  if (text.size() < num_bytes) return 0;
  uint32_t c = first & (num_bytes == 2 ? 0x1F : 0x0F);
  for (size_t i = 1; i < num_bytes; ++i) {
    if ((byte_at(i) & 0xC0) != 0x80) return 0;
    c = c << 6 | (byte_at(i) & 0x3F);
  }
  return first >= 0xC2 && first < 0xF0 && IsWhitespace(c) ? num_bytes : 0;
}

// The same for the character that `text` ends with.
size_t TrailingBytes(absl::string_view text) {
  const size_t longest = std::min<size_t>(3, text.size());
  for (size_t n = 1; n <= longest; ++n) {
    if (LeadingBytes(text.substr(text.size() - n)) == n) return n;
  }
  return 0;
}

}  // namespace

absl::string_view StripLeadingWhitespace(absl::string_view text) {
  while (const size_t n = LeadingBytes(text)) text.remove_prefix(n);
  return text;
}

absl::string_view StripTrailingWhitespace(absl::string_view text) {
  while (const size_t n = TrailingBytes(text)) text.remove_suffix(n);
  return text;
}

absl::string_view StripWhitespace(absl::string_view text) {
  return StripLeadingWhitespace(StripTrailingWhitespace(text));
}

}  // namespace parley
