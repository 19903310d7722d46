// The classic file of XLM-RoBERTa's and CamemBERT's tokenizers:
// sentencepiece.bpe.model, with the rest in tokenizer_config.json.
#ifndef PARLEY_ENGINE_TOKENIZER_SENTENCEPIECE_FILES_H_
#define PARLEY_ENGINE_TOKENIZER_SENTENCEPIECE_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/tokenizer/encoder_tokenizer_config.h"
#include "engine/tokenizer/step_tokenizer.h"

namespace parley {

// The steps that transformers makes of it. The models came from fairseq, which
// counts its own special tokens before the pieces of the file, so that ids are
// not SentencePiece's:
//
//   XLM-RoBERTa  <s> <pad> </s> <unk>, pieces from the fourth on, <mask>
//   CamemBERT    <s>NOTUSED <pad> </s>NOTUSED <unk> <unk>NOTUSED, pieces from
//                the second on (among them <s> and </s>), <mask>
//
// It is CamemBERT's where tokenizer_class, or without one the model_type of
// config.json, says so. NOT_FOUND where there is no sentencepiece.bpe.model in
// `directory`; INVALID_ARGUMENT names file and what is wrong; UNIMPLEMENTED
// where the file's pieces are no unigram model.
absl::StatusOr<TokenizerSteps> ReadSentencePieceFiles(
    const std::string& directory, const EncoderTokenizerConfig& config);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_SENTENCEPIECE_FILES_H_
