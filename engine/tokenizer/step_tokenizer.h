// An encoder's tokenizer, put together from its steps.
#ifndef PARLEY_ENGINE_TOKENIZER_STEP_TOKENIZER_H_
#define PARLEY_ENGINE_TOKENIZER_STEP_TOKENIZER_H_

#include <memory>
#include <optional>

#include "engine/api/encoder_tokenizer.h"
#include "engine/tokenizer/added_vocabulary.h"
#include "engine/tokenizer/post_processor.h"
#include "engine/tokenizer/subword/subword_model.h"
#include "engine/tokenizer/text/steps.h"

namespace parley {

struct TokenizerSteps {
  std::unique_ptr<const Normalizer> normalizer;       // May be null.
  std::unique_ptr<const PreTokenizer> pre_tokenizer;  // May be null.
  std::unique_ptr<const SubwordModel> model;          // Not null.
  AddedVocabulary added{{}, nullptr};
  PostProcessor post_processor;
  // Null: tokens are joined by spaces.
  std::unique_ptr<const Decoder> decoder;

  TruncationSide truncation_side = TruncationSide::kRight;
  std::optional<TokenId> mask_token;
  std::optional<int> max_tokens;
  // Texts are turned to lower case before all else.
  bool lowercase = false;
};

std::unique_ptr<const EncoderTokenizer> CreateStepTokenizer(
    TokenizerSteps steps);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_STEP_TOKENIZER_H_
