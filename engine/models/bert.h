// BERT (Devlin et al. 2019) and the models that are built like it: DistilBERT,
// RoBERTa, XLM-RoBERTa, CamemBERT, MPNet and ELECTRA.
#ifndef PARLEY_ENGINE_MODELS_BERT_H_
#define PARLEY_ENGINE_MODELS_BERT_H_

#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "engine/models/encoder_config.h"
#include "engine/models/encoder_stack.h"
#include "engine/models/weight_loader.h"

namespace parley {

// Packs embeddings and layers of tensors bound by EncoderTensors(config).
// `progress` is told the share that is done, 0 to 1.
absl::StatusOr<std::unique_ptr<const EncoderStack>> LoadBertStack(
    const EncoderConfig& config, WeightLoader& loader,
    const std::function<void(double done)>& progress);

// MPNet's bucket (after Raffel et al. 2020) of a query that stands `distance`
// behind its key: 0 to 31.
int RelativeBucket(int distance);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_BERT_H_
