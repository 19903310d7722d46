// Items and limits of EmbeddingService's requests to plain structs.
#ifndef PARLEY_SERVER_RPC_ITEM_MESSAGES_H_
#define PARLEY_SERVER_RPC_ITEM_MESSAGES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "parley/v1/embedding.pb.h"
#include "server/pipeline/embedding/items.h"
#include "server/pipeline/embedding/scores.h"
#include "server/pipeline/embedding/vectors.h"

namespace parley {

// Each moves from its argument.
std::vector<std::string> ToTexts(
    google::protobuf::RepeatedPtrField<std::string>* texts);
std::vector<TextPair> ToPairs(
    google::protobuf::RepeatedPtrField<v1::TextPair>* pairs);
std::vector<TokenInput> ToInputs(
    google::protobuf::RepeatedPtrField<v1::TokenInput>* inputs);

// INVALID_ARGUMENT, naming the field under `field`, where an enum has a value
// that is none.
absl::StatusOr<TokenLimits> ToTokenLimits(const v1::TokenLimits& proto,
                                          absl::string_view field);

// INVALID_ARGUMENT where `format` has a value that is none.
absl::StatusOr<VectorFormat> ToVectorFormat(v1::VectorFormat format);
absl::StatusOr<std::optional<ScoreFunction>> ToScoreFunction(
    v1::ScoreFunction function);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_ITEM_MESSAGES_H_
