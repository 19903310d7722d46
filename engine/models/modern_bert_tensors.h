// The tensors of a ModernBERT checkpoint.
#ifndef PARLEY_ENGINE_MODELS_MODERN_BERT_TENSORS_H_
#define PARLEY_ENGINE_MODELS_MODERN_BERT_TENSORS_H_

#include <vector>

#include "engine/models/encoder_config.h"
#include "engine/models/tensor_table.h"

namespace parley {

// A row for each tensor, by the names of transformers' classes with and without
// "model."; ours are those of EncoderTensors, but for
// encoder.layers.{i}.self_attention.query_key_value and
// encoder.layers.{i}.feed_forward.input, with the gate's rows behind its own,
// which are stored as one, and encoder.norm.
std::vector<TensorRow> ModernBertTensors(const EncoderConfig& config);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_MODERN_BERT_TENSORS_H_
