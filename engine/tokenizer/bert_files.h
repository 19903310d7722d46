// The classic files of BERT's tokenizer: vocab.txt, with the rest in
// tokenizer_config.json.
#ifndef PARLEY_ENGINE_TOKENIZER_BERT_FILES_H_
#define PARLEY_ENGINE_TOKENIZER_BERT_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/tokenizer/encoder_tokenizer_config.h"
#include "engine/tokenizer/step_tokenizer.h"

namespace parley {

// The steps that transformers makes of them for BERT, DistilBERT, ELECTRA and,
// with its own special tokens and template, MPNet. NOT_FOUND where there is no
// vocab.txt in `directory`; INVALID_ARGUMENT names file and what is wrong.
absl::StatusOr<TokenizerSteps> ReadBertFiles(
    const std::string& directory, const EncoderTokenizerConfig& config);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_BERT_FILES_H_
