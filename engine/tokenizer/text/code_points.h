// Characters of valid UTF-8, one by one.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_CODE_POINTS_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_CODE_POINTS_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace parley {

struct CodePoint {
  char32_t value = 0;
  size_t num_bytes = 0;
};

// REQUIRES: `text` is valid UTF-8; a character begins at `at` < text.size().
inline CodePoint CodePointAt(absl::string_view text, size_t at) {
  const auto byte = [text, at](size_t i) -> char32_t {
    return static_cast<uint8_t>(text[at + i]);
  };
  const auto tail = [&byte](size_t i) { return byte(i) & 0x3F; };
  const char32_t first = byte(0);
  if (first < 0x80) return {first, 1};
  if (first < 0xE0) return {(first & 0x1F) << 6 | tail(1), 2};
  if (first < 0xF0) {
    return {(first & 0x0F) << 12 | tail(1) << 6 | tail(2), 3};
  }
  return {(first & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4};
}

// The character before `at` > 0.
inline CodePoint CodePointBefore(absl::string_view text, size_t at) {
  size_t begin = at - 1;
  while (begin > 0 && (text[begin] & 0xC0) == 0x80) --begin;
  return CodePointAt(text, begin);
}

// Calls visit(CodePoint, its first byte) for each character of `text`.
template <typename Visit>
void ForEachCodePoint(absl::string_view text, const Visit& visit) {
  for (size_t at = 0; at < text.size();) {
    const CodePoint point = CodePointAt(text, at);
    visit(point, at);
    at += point.num_bytes;
  }
}

inline void AppendUtf8(char32_t c, std::string* text) {
  const auto tail = [c](int shift) {
    return static_cast<char>(0x80 | (c >> shift & 0x3F));
  };
  if (c < 0x80) {
    text->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    text->append({static_cast<char>(0xC0 | c >> 6), tail(0)});
  } else if (c < 0x10000) {
    text->append({static_cast<char>(0xE0 | c >> 12), tail(6), tail(0)});
  } else {
    text->append(
        {static_cast<char>(0xF0 | c >> 18), tail(12), tail(6), tail(0)});
  }
}

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_CODE_POINTS_H_
