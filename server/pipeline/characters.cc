#include "server/pipeline/characters.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>

#include "base/log.h"

namespace parley {

// ICU's macros count in 32 bits, so they are shown one character's bytes.
constexpr size_t kMaxBytes = U8_MAX_LENGTH;

char32_t NextCharacter(absl::string_view text, size_t* position) {
  PARLEY_CHECK(*position < text.size());
  const absl::string_view bytes = text.substr(*position, kMaxBytes);
  int32_t i = 0;
  UChar32 character;
  U8_NEXT_OR_FFFD(bytes.data(), i, static_cast<int32_t>(bytes.size()),
                  character);
  *position += i;
  return static_cast<char32_t>(character);
}

char32_t PreviousCharacter(absl::string_view text, size_t* position) {
  PARLEY_CHECK(0 < *position && *position <= text.size());
  const size_t num_bytes = std::min(*position, kMaxBytes);
  const absl::string_view bytes = text.substr(*position - num_bytes, num_bytes);
  int32_t i = static_cast<int32_t>(num_bytes);
  UChar32 character;
  U8_PREV_OR_FFFD(bytes.data(), 0, i, character);
  *position -= num_bytes - i;
  return static_cast<char32_t>(character);
}

size_t CharacterBegin(absl::string_view text, size_t position) {
  if (position >= text.size()) return text.size();
  while (position > 0 && U8_IS_TRAIL(text[position])) --position;
  return position;
}

bool IsWhiteSpace(char32_t character) {
  return u_isUWhiteSpace(static_cast<UChar32>(character));
}

}  // namespace parley
