// The model of tokenizer.json: its vocabulary, and how words are cut.
#ifndef PARLEY_ENGINE_TOKENIZER_MODEL_READER_H_
#define PARLEY_ENGINE_TOKENIZER_MODEL_READER_H_

#include <memory>

#include "absl/status/statusor.h"
#include "engine/tokenizer/json_node.h"
#include "engine/tokenizer/subword/subword_model.h"

namespace parley {

// WordPiece, BPE or Unigram; files from before types were written tell it by
// their keys. INVALID_ARGUMENT names the place of what is wrong, UNIMPLEMENTED
// the type that is not supported.
absl::StatusOr<std::unique_ptr<const SubwordModel>> ReadSubwordModel(
    const JsonNode& node);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_MODEL_READER_H_
