// From a model directory to the tokenizer of an encoder model.
#ifndef PARLEY_ENGINE_TOKENIZER_ENCODER_TOKENIZER_LOADER_H_
#define PARLEY_ENGINE_TOKENIZER_ENCODER_TOKENIZER_LOADER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "engine/api/encoder_tokenizer.h"

namespace parley {

struct EncoderTokenizerOptions {
  // Texts are turned to lower case first, whatever the files say
  // (do_lower_case of sentence_bert_config.json).
  bool lowercase = false;
};

// Reads tokenizer.json of `directory`, or where there is none the classic files
// (vocab.txt; vocab.json and merges.txt; sentencepiece.bpe.model), with
// tokenizer_config.json and special_tokens_map.json. Errors name the file and
// what is wrong in it: INVALID_ARGUMENT for what is malformed, UNIMPLEMENTED
// for a kind of step or model that is not supported, by its name, NOT_FOUND
// where there is no tokenizer's file. Any thread.
absl::StatusOr<std::unique_ptr<const EncoderTokenizer>> LoadEncoderTokenizer(
    const std::string& directory, const EncoderTokenizerOptions& options);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_ENCODER_TOKENIZER_LOADER_H_
