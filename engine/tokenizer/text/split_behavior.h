// Cutting words at delimiters.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_SPLIT_BEHAVIOR_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_SPLIT_BEHAVIOR_H_

#include <cstddef>
#include <vector>

#include "engine/tokenizer/text/aligned_text.h"

namespace parley {

// A part of a text; those of one text cover it, in order.
struct Stretch {
  size_t begin = 0;  // Bytes.
  size_t end = 0;
  bool is_match = false;  // Of the pattern that is looked for.
};

// What becomes of the delimiters; "the-final--countdown" split at "-" is
enum class SplitBehavior {
  kRemoved,             // the final countdown
  kIsolated,            // the - final - - countdown
  kMergedWithPrevious,  // the- final- - countdown
  kMergedWithNext,      // the -final - -countdown
  kContiguous,          // the - final -- countdown
};

// Appends the parts of `word` to `parts`; none is empty. `stretches` is what
// the word consists of, matches being delimiters.
void SplitWord(const AlignedText& word, const std::vector<Stretch>& stretches,
               SplitBehavior behavior, std::vector<AlignedText>* parts);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_SPLIT_BEHAVIOR_H_
