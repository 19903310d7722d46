#include "engine/models/encoder_heads.h"

#include <string>
#include <utility>

#include "base/status_macros.h"
#include "engine/models/weight_loader.h"

namespace parley {
namespace {

struct HeadParts {
  std::string dense;
  kernels::Activation activation;
  std::string norm;  // Empty: none.
  std::string output;
  bool is_over_vocabulary = false;
};

bool HasAll(const TensorMap& tensors, const HeadParts& parts) {
  return tensors.HasPart(parts.dense) && tensors.HasPart(parts.output) &&
         (parts.norm.empty() || tensors.HasPart(parts.norm));
}

// Heads of a few outputs, which cost nothing, stay in f32.
absl::StatusOr<std::optional<HeadWeights>> LoadHead(WeightLoader& loader,
                                                    const HeadParts& parts,
                                                    float epsilon) {
  if (!HasAll(loader.tensors(), parts)) return std::nullopt;
  const auto load = [&](const std::string& name) {
    return parts.is_over_vocabulary ? loader.LoadLinear({name})
                                    : loader.LoadFullLinear(name);
  };
  HeadWeights head;
  PARLEY_ASSIGN_OR_RETURN(head.dense, load(parts.dense));
  head.activation = parts.activation;
  if (!parts.norm.empty()) {
    head.norm = loader.LoadNorm(parts.norm, epsilon);
  }
  PARLEY_ASSIGN_OR_RETURN(head.output, load(parts.output));
  return head;
}

HeadParts ClassifierParts(const EncoderConfig& config) {
  HeadParts parts = {.dense = "classifier.dense",
                     .activation = kernels::Activation::kTanh,
                     .output = "classifier.output"};
  switch (config.family) {
    case EncoderFamily::kBert:
      parts.dense = "pooler";
      break;
    case EncoderFamily::kDistilBert:
      parts.activation = kernels::Activation::kRelu;
      break;
    case EncoderFamily::kElectra:
      parts.activation = kernels::Activation::kGelu;
      break;
    case EncoderFamily::kModernBert:
      parts.activation = config.modern_bert.head_activation;
      parts.norm = "classifier.norm";
      break;
    case EncoderFamily::kRoberta:
    case EncoderFamily::kMpnet:
      break;
  }
  return parts;
}

HeadParts MaskedTokensParts(const EncoderConfig& config) {
  HeadParts parts = {.dense = "masked_tokens.dense",
                     .activation = kernels::Activation::kGelu,
                     .norm = "masked_tokens.norm",
                     .output = "masked_tokens.output",
                     .is_over_vocabulary = true};
  if (config.family == EncoderFamily::kBert ||
      config.family == EncoderFamily::kDistilBert) {
    parts.activation = config.activation;
  } else if (config.family == EncoderFamily::kModernBert) {
    parts.activation = config.modern_bert.head_activation;
  }
  return parts;
}

}  // namespace

absl::StatusOr<EncoderHeads> LoadEncoderHeads(const EncoderConfig& config,
                                              WeightLoader& loader) {
  EncoderHeads heads;
  const float epsilon = config.norm_epsilon;
  PARLEY_ASSIGN_OR_RETURN(heads.classifier,
                          LoadHead(loader, ClassifierParts(config), epsilon));
  PARLEY_ASSIGN_OR_RETURN(heads.next_sentence,
                          LoadHead(loader,
                                   {.dense = "pooler",
                                    .activation = kernels::Activation::kTanh,
                                    .output = "next_sentence.output"},
                                   epsilon));
  PARLEY_ASSIGN_OR_RETURN(heads.masked_tokens,
                          LoadHead(loader, MaskedTokensParts(config), epsilon));
  return heads;
}

}  // namespace parley
