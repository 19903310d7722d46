// What of an unfinished translation will stay as it is.
#ifndef PARLEY_SERVER_PIPELINE_STABLE_TEXT_H_
#define PARLEY_SERVER_PIPELINE_STABLE_TEXT_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace parley {

// The length in bytes of the longest prefix of `decoded`, the text of the first
// tokens of a translation (Tokenizer::Decode), that is sure to be a prefix of
// the text of all its tokens, whichever follow. What may yet change are a
// character of which some bytes are still to come, and spaces that a tokenizer
// takes away before punctuation and contractions.
size_t StablePrefixBytes(absl::string_view decoded);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_STABLE_TEXT_H_
