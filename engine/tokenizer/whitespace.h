// White space as Python's str.strip has it, which is what transformers strips
// texts with.
#ifndef PARLEY_ENGINE_TOKENIZER_WHITESPACE_H_
#define PARLEY_ENGINE_TOKENIZER_WHITESPACE_H_

#include "absl/strings/string_view.h"

namespace parley {

// `text` without the white space at its front, its back, or both. Bytes that
// are not UTF-8 are no white space.
absl::string_view StripLeadingWhitespace(absl::string_view text);
absl::string_view StripTrailingWhitespace(absl::string_view text);
absl::string_view StripWhitespace(absl::string_view text);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_WHITESPACE_H_
