// tokenizer.json: a whole tokenizer in one file.
#ifndef PARLEY_ENGINE_TOKENIZER_TOKENIZER_JSON_H_
#define PARLEY_ENGINE_TOKENIZER_TOKENIZER_JSON_H_

#include "absl/status/statusor.h"
#include "engine/tokenizer/json_node.h"
#include "engine/tokenizer/step_tokenizer.h"

namespace parley {

// The steps that the file lists, each checked; its own truncation length and
// padding are left aside. INVALID_ARGUMENT for what is malformed, UNIMPLEMENTED
// for a step or model that is not supported; both name file and place.
absl::StatusOr<TokenizerSteps> ReadTokenizerJson(const JsonDocument& document);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_TOKENIZER_JSON_H_
