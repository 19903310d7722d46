// Steps through the characters of a text. All of it is for valid UTF-8.
#ifndef PARLEY_SERVER_PIPELINE_CHARACTERS_H_
#define PARLEY_SERVER_PIPELINE_CHARACTERS_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace parley {

// The character that begins at `*position`, which moves behind it.
// REQUIRES: *position < text.size()
char32_t NextCharacter(absl::string_view text, size_t* position);

// The character that ends at `*position`, which moves in front of it.
// REQUIRES: 0 < *position <= text.size()
char32_t PreviousCharacter(absl::string_view text, size_t* position);

// Where the character begins that the byte at `position` belongs to; the
// text's end for any position behind it.
size_t CharacterBegin(absl::string_view text, size_t position);

// White space as Unicode has it (the property White_Space).
bool IsWhiteSpace(char32_t character);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_CHARACTERS_H_
