// How much longer the steps of a file can make a text.
#ifndef PARLEY_ENGINE_TOKENIZER_STEP_GROWTH_H_
#define PARLEY_ENGINE_TOKENIZER_STEP_GROWTH_H_

#include "absl/status/status.h"
#include "engine/tokenizer/json_node.h"

namespace parley {

// INVALID_ARGUMENT where the "Replace" steps of `node` (a normalizer or a
// decoder, or missing), one after the other, can make a text more than 64 times
// longer: a few lines of JSON would else ask for all memory. What is malformed
// is for others to find.
absl::Status CheckGrowth(const JsonNode& node);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_STEP_GROWTH_H_
