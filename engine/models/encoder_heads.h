// The heads of encoder models.
#ifndef PARLEY_ENGINE_MODELS_ENCODER_HEADS_H_
#define PARLEY_ENGINE_MODELS_ENCODER_HEADS_H_

#include <optional>

#include "absl/status/statusor.h"
#include "engine/layers/head.h"
#include "engine/models/encoder_config.h"
#include "engine/models/weight_loader.h"

namespace parley {

// What a model does not have is unset. For BERT, the dense layer of the first
// two is its pooler.
struct EncoderHeads {
  std::optional<HeadWeights> classifier;     // To [num_labels].
  std::optional<HeadWeights> next_sentence;  // To [2].
  std::optional<HeadWeights> masked_tokens;  // To [vocab_size].
};

// Packs the heads whose tensors are there, bound by EncoderTensors(config) or
// ModernBertTensors(config).
absl::StatusOr<EncoderHeads> LoadEncoderHeads(const EncoderConfig& config,
                                              WeightLoader& loader);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_ENCODER_HEADS_H_
