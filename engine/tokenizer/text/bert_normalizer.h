// BERT's normalizer.
#ifndef PARLEY_ENGINE_TOKENIZER_TEXT_BERT_NORMALIZER_H_
#define PARLEY_ENGINE_TOKENIZER_TEXT_BERT_NORMALIZER_H_

#include <memory>
#include <optional>

#include "engine/tokenizer/text/steps.h"

namespace parley {

struct BertNormalizerOptions {
  // Control characters and U+FFFD away, all white space to spaces.
  bool clean_text = true;
  // A space on each side of every Chinese character.
  bool handle_chinese_chars = true;
  std::optional<bool> strip_accents;  // Unset: as `lowercase`.
  bool lowercase = true;
};

std::unique_ptr<const Normalizer> CreateBertNormalizer(
    const BertNormalizerOptions& options);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TEXT_BERT_NORMALIZER_H_
