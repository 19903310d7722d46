// What a character means to the boundaries of grapheme clusters.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_GRAPHEME_CATEGORY_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_GRAPHEME_CATEGORY_H_

#include <cstdint>

namespace parley {

// Grapheme_Cluster_Break of Unicode 17; of the characters that are of no class
// there, those that other rules of UAX 29 name.
enum class GraphemeCategory : uint8_t {
  kAny,
  kCarriageReturn,
  kLineFeed,
  kControl,
  kExtend,
  kJoiner,
  kSpacingMark,
  kPrepend,
  kRegional,
  kLeading,  // Hangul syllables, and their parts.
  kVowel,
  kTrailing,
  kLeadingVowel,
  kLeadingVowelTrailing,
  kPictographic,  // Extended_Pictographic
  kConsonant,     // Indic_Conjunct_Break=Consonant
};

// Any thread.
GraphemeCategory GraphemeCategoryOf(char32_t c);

// Indic_Conjunct_Break=Linker. These are of kExtend.
bool IsConjunctLinker(char32_t c);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_GRAPHEME_CATEGORY_H_
