// Checks the character map of a SentencePiece model before anybody follows its
// offsets, which SentencePiece does unchecked.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_CHARSMAP_CHECK_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_CHARSMAP_CHECK_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace parley {

// Limits on a map. The largest map in use (nmt_nfkc_cf) has 300 kB, rules of
// up to 18 bytes, and replacements of up to 33.
inline constexpr size_t kMaxCharsMapBytes = size_t{4} << 20;
inline constexpr int kMaxCharsMapRuleBytes = 256;
inline constexpr size_t kMaxCharsMapReplacementBytes = 256;
// Rules that are prefixes of one another. SentencePiece has room for so many.
inline constexpr int kMaxCharsMapNestedRules = 32;

// `charsmap` is NormalizerSpec.precompiled_charsmap: the bytes of a trie (32
// bits, little endian), a double-array trie of Darts-clone whose values are
// offsets into what follows, and replacements that each end in NUL. An error
// (INVALID_ARGUMENT) says which rule of the format is broken. Takes time and
// memory in proportion to the size.
absl::Status CheckCharsMap(absl::string_view charsmap);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_CHARSMAP_CHECK_H_
