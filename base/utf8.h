// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above
// U+10FFFF.
#ifndef PARLEY_BASE_UTF8_H_
#define PARLEY_BASE_UTF8_H_

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace parley {

// The number of bytes of the character at the front of `text`, 1 to 4; 0 where
// `text` is empty or does not start with a whole valid character.
size_t Utf8CharacterBytes(absl::string_view text);

// The length in bytes of the longest valid prefix; text.size() where all of it
// is valid.
size_t ValidUtf8PrefixBytes(absl::string_view text);

// `text` with each maximal invalid part replaced by U+FFFD, as the Unicode
// Standard recommends (chapter 3, "substitution of maximal subparts").
std::string MakeValidUtf8(absl::string_view text);

}  // namespace parley

#endif  // PARLEY_BASE_UTF8_H_
