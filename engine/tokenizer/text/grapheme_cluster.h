// What a reader takes for one character: a letter with its accents, a syllable,
// a flag.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_GRAPHEME_CLUSTER_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_GRAPHEME_CLUSTER_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace parley {

// The bytes of the extended grapheme cluster (UAX 29) at the front of `text`,
// in Unicode 17, as the library has it that tokenizers 0.23 uses. Where a text
// is cut cluster by cluster, all boundaries are those of the whole. Any thread.
// REQUIRES: `text` is valid UTF-8 and not empty
size_t GraphemeClusterBytes(absl::string_view text);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_GRAPHEME_CLUSTER_H_
