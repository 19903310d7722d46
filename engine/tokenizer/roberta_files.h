// The classic files of RoBERTa's tokenizer: vocab.json and merges.txt, with the
// rest in tokenizer_config.json.
#ifndef PARLEY_ENGINE_TOKENIZER_ROBERTA_FILES_H_
#define PARLEY_ENGINE_TOKENIZER_ROBERTA_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/tokenizer/encoder_tokenizer_config.h"
#include "engine/tokenizer/step_tokenizer.h"

namespace parley {

// The steps that transformers makes of them: byte-level BPE. NOT_FOUND where
// there is no vocab.json in `directory`; INVALID_ARGUMENT names file and what
// is wrong.
absl::StatusOr<TokenizerSteps> ReadRobertaFiles(
    const std::string& directory, const EncoderTokenizerConfig& config);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_ROBERTA_FILES_H_
