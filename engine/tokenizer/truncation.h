// How many tokens of a text, or of each of two, remain under a limit.
#ifndef PARLEY_ENGINE_TOKENIZER_TRUNCATION_H_
#define PARLEY_ENGINE_TOKENIZER_TRUNCATION_H_

#include <cstddef>
#include <optional>
#include <utility>

#include "engine/api/encoder_tokenizer.h"

namespace parley {

// The strategy "longest_first" of Hugging Face's tokenizers: the longer text is
// cut down to the shorter one, and then both, to a half of `max_tokens` each;
// of an odd number the longer one, or else the second, gets one more.
std::pair<size_t, size_t> TruncateLongestFirst(size_t first, size_t second,
                                               size_t max_tokens);

// The same where only the one text of a pair may be cut ("only_first",
// "only_second"): nothing where that would leave no token of it. REQUIRES: not
// kLongestFirst
std::optional<std::pair<size_t, size_t>> TruncateOnly(PairTruncation which,
                                                      size_t first,
                                                      size_t second,
                                                      size_t max_tokens);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TRUNCATION_H_
