// ModernBERT (Warner et al. 2024): a pre-norm encoder with rotary positions,
// gated feed-forward blocks, and layers that see a window only.
#ifndef PARLEY_ENGINE_MODELS_MODERN_BERT_H_
#define PARLEY_ENGINE_MODELS_MODERN_BERT_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "engine/models/encoder_config.h"
#include "engine/models/encoder_stack.h"
#include "engine/models/weight_loader.h"

namespace parley {

// Packs embeddings and layers of tensors bound by ModernBertTensors(config).
// `progress` is told the share that is done, 0 to 1.
absl::StatusOr<std::unique_ptr<const EncoderStack>> LoadModernBertStack(
    const EncoderConfig& config, WeightLoader& loader,
    const std::function<void(double done)>& progress);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_MODERN_BERT_H_
