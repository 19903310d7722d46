// The steps of tokenizer.json, made from their JSON.
//
// Each gives null where the step is missing, INVALID_ARGUMENT where it is
// malformed, and UNIMPLEMENTED for a kind that is not supported, with its name:
// `tokenizer.json: normalizer: the type "ByteLevel" is not supported`.
#ifndef PARLEY_ENGINE_TOKENIZER_STEP_READERS_H_
#define PARLEY_ENGINE_TOKENIZER_STEP_READERS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "engine/tokenizer/json_node.h"
#include "engine/tokenizer/text/pattern.h"
#include "engine/tokenizer/text/steps.h"

namespace parley {

// Sequences inside sequences, at most.
inline constexpr int kMaxNestedSteps = 8;

absl::StatusOr<std::unique_ptr<const Normalizer>> ReadNormalizer(
    const JsonNode& node, int max_nested = kMaxNestedSteps);

absl::StatusOr<std::unique_ptr<const PreTokenizer>> ReadPreTokenizer(
    const JsonNode& node, int max_nested = kMaxNestedSteps);

absl::StatusOr<std::unique_ptr<const Decoder>> ReadDecoder(
    const JsonNode& node, int max_nested = kMaxNestedSteps);

// {"String": ...} or {"Regex": ...}; never null.
absl::StatusOr<std::unique_ptr<const Pattern>> ReadPattern(
    const JsonNode& node);

// The type of a step that no reader knows.
absl::Status UnknownType(const JsonNode& node, absl::string_view type);

}  // namespace parley

#endif  // PARLEY_ENGINE_TOKENIZER_STEP_READERS_H_
