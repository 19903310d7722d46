// The normalization that SentencePiece compiles into its models: a trie of
// what is replaced, and what by.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_PRECOMPILED_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_PRECOMPILED_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/tokenizer/text/steps.h"

namespace parley {

// `charsmap`: NormalizerSpec.precompiled_charsmap, whose format charsmap_check
// tells. Follows Hugging Face's tokenizers, and not SentencePiece: a grapheme
// cluster of less than 6 bytes is replaced whole by the shortest rule that it
// starts with; of the others each character is replaced alone.
// INVALID_ARGUMENT where the map is not sound.
absl::StatusOr<std::unique_ptr<Normalizer>> CreatePrecompiledNormalizer(
    absl::string_view charsmap);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_PRECOMPILED_H_
