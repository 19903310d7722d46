#include "engine/models/weight_loader.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/layers/widen.h"

namespace parley {
namespace {

// The tensors "<name><suffix>" one after the other.
FloatBuffer Concatenate(const TensorMap& tensors,
                        const std::vector<std::string>& names,
                        absl::string_view suffix) {
  int64_t size = 0;
  for (const std::string& name : names) {
    size += tensors.Get(absl::StrCat(name, suffix)).num_elements();
  }
  FloatBuffer result = FloatBuffer::Uninitialized(size);
  int64_t begin = 0;
  for (const std::string& name : names) {
    const TensorView& tensor = tensors.Get(absl::StrCat(name, suffix));
    WidenToF32(tensor.dtype, tensor.data,
               result.span().subspan(begin, tensor.num_elements()));
    begin += tensor.num_elements();
  }
  return result;
}

}  // namespace

absl::StatusOr<std::unique_ptr<kernels::Linear>> LoadLinear(
    const TensorMap& tensors, const std::vector<std::string>& names) {
  const FloatBuffer weight = Concatenate(tensors, names, ".weight");
  FloatBuffer bias;
  if (tensors.Has(absl::StrCat(names.front(), ".bias"))) {
    bias = Concatenate(tensors, names, ".bias");
  }
  const int64_t in_features =
      tensors.Get(absl::StrCat(names.front(), ".weight")).shape.back();
  return kernels::Linear::Create(
      {.in_features = in_features, .out_features = weight.size() / in_features},
      weight.span(), bias.span());
}

NormWeights LoadNorm(const TensorMap& tensors, absl::string_view name,
                     float epsilon) {
  NormWeights weights = {.scale = tensors.Load(absl::StrCat(name, ".weight")),
                         .epsilon = epsilon};
  const std::string bias = absl::StrCat(name, ".bias");
  weights.shift = tensors.Has(bias) ? tensors.Load(bias)
                                    : FloatBuffer(weights.scale.size());
  return weights;
}

absl::StatusOr<SelfAttentionWeights> LoadSelfAttention(const TensorMap& tensors,
                                                       absl::string_view prefix,
                                                       float epsilon) {
  const std::string name = absl::StrCat(prefix, ".self_attention");
  SelfAttentionWeights weights;
  PARLEY_ASSIGN_OR_RETURN(weights.query_key_value,
                          LoadLinear(tensors, {absl::StrCat(name, ".query"),
                                               absl::StrCat(name, ".key"),
                                               absl::StrCat(name, ".value")}));
  PARLEY_ASSIGN_OR_RETURN(weights.output,
                          LoadLinear(tensors, {absl::StrCat(name, ".output")}));
  weights.norm = LoadNorm(tensors, absl::StrCat(name, "_norm"), epsilon);
  return weights;
}

absl::StatusOr<CrossAttentionWeights> LoadCrossAttention(
    const TensorMap& tensors, absl::string_view prefix, float epsilon) {
  const std::string name = absl::StrCat(prefix, ".cross_attention");
  CrossAttentionWeights weights;
  PARLEY_ASSIGN_OR_RETURN(weights.query,
                          LoadLinear(tensors, {absl::StrCat(name, ".query")}));
  PARLEY_ASSIGN_OR_RETURN(weights.key_value,
                          LoadLinear(tensors, {absl::StrCat(name, ".key"),
                                               absl::StrCat(name, ".value")}));
  PARLEY_ASSIGN_OR_RETURN(weights.output,
                          LoadLinear(tensors, {absl::StrCat(name, ".output")}));
  weights.norm = LoadNorm(tensors, absl::StrCat(name, "_norm"), epsilon);
  return weights;
}

absl::StatusOr<FeedForwardWeights> LoadFeedForward(const TensorMap& tensors,
                                                   absl::string_view prefix,
                                                   float epsilon) {
  const std::string name = absl::StrCat(prefix, ".feed_forward");
  FeedForwardWeights weights;
  PARLEY_ASSIGN_OR_RETURN(weights.input,
                          LoadLinear(tensors, {absl::StrCat(name, ".input")}));
  PARLEY_ASSIGN_OR_RETURN(weights.output,
                          LoadLinear(tensors, {absl::StrCat(name, ".output")}));
  weights.norm = LoadNorm(tensors, absl::StrCat(name, "_norm"), epsilon);
  return weights;
}

}  // namespace parley
