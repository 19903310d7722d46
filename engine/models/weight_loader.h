// From named tensors to the weights of layers.
#ifndef PARLEY_ENGINE_MODELS_WEIGHT_LOADER_H_
#define PARLEY_ENGINE_MODELS_WEIGHT_LOADER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/layers/weights.h"
#include "engine/models/tensor_table.h"

namespace parley {

// Packs "<name>.weight" [out, in] and "<name>.bias" of each of `names` as one
// product: their outputs stand beside each other in the given order. All of
// them have a bias, or none.
absl::StatusOr<std::unique_ptr<kernels::Linear>> LoadLinear(
    const TensorMap& tensors, const std::vector<std::string>& names);

// "<name>.weight" and "<name>.bias", which may be missing: then it is zero.
NormWeights LoadNorm(const TensorMap& tensors, absl::string_view name,
                     float epsilon);

// The parts below "<prefix>.self_attention", "<prefix>.self_attention_norm"
// and so on, by the canonical names of ARCHITECTURE.md.
absl::StatusOr<SelfAttentionWeights> LoadSelfAttention(const TensorMap& tensors,
                                                       absl::string_view prefix,
                                                       float epsilon);
absl::StatusOr<CrossAttentionWeights> LoadCrossAttention(
    const TensorMap& tensors, absl::string_view prefix, float epsilon);
absl::StatusOr<FeedForwardWeights> LoadFeedForward(const TensorMap& tensors,
                                                   absl::string_view prefix,
                                                   float epsilon);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_WEIGHT_LOADER_H_
