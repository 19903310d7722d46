// Edits of a text that never make a character longer.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_EDIT_IN_PLACE_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_EDIT_IN_PLACE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "engine/tokenizer/text/aligned_text.h"
#include "engine/tokenizer/text/code_points.h"

namespace parley {

inline bool IsAsciiText(absl::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<uint8_t>(c) < 0x80; });
}

// What an edit makes of a character that it takes away.
inline constexpr char32_t kNoCharacter = 0xFFFFFFFF;

// Replaces each character by edit(character): itself, an ASCII character, or
// kNoCharacter.
template <typename Edit>
void EditInPlace(AlignedText* text, const Edit& edit) {
  std::string& bytes = text->text;
  size_t end = 0;  // Of what is kept.
  for (size_t at = 0; at < bytes.size();) {
    const CodePoint point = CodePointAt(bytes, at);
    const char32_t edited = edit(point.value);
    if (edited == point.value) {
      for (size_t i = 0; i < point.num_bytes; ++i) {
        bytes[end + i] = bytes[at + i];
        text->origin[end + i] = text->origin[at + i];
      }
      end += point.num_bytes;
    } else if (edited != kNoCharacter) {
      bytes[end] = static_cast<char>(edited);
      text->origin[end] = text->origin[at];
      ++end;
    }
    at += point.num_bytes;
  }
  bytes.resize(end);
  text->origin.resize(end);
}

// Takes away the characters that keep(character) is false for.
template <typename Keep>
void KeepCharacters(AlignedText* text, const Keep& keep) {
  EditInPlace(text, [&keep](char32_t c) { return keep(c) ? c : kNoCharacter; });
}

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_EDIT_IN_PLACE_H_
