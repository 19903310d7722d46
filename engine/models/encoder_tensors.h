// The tensors of checkpoints of BERT's family.
#ifndef PARLEY_ENGINE_MODELS_ENCODER_TENSORS_H_
#define PARLEY_ENGINE_MODELS_ENCODER_TENSORS_H_

#include <string>
#include <vector>

#include "engine/models/encoder_config.h"
#include "engine/models/tensor_table.h"

namespace parley {

// A row for each tensor of such a model, by the names of transformers' classes
// with and without the base model's prefix ("bert."), and by BERT's old names
// of norms. Tensors of heads that config.heads does not ask for are not
// required.
//
// Ours: embeddings.{token,position,segment}.weight, embeddings.norm,
// embeddings.projection, encoder.relative_bias.weight, encoder.layers.{i} with
// the parts of weight_loader.h, and of heads pooler, classifier.{dense,output},
// next_sentence.output, masked_tokens.{dense,norm,output}.
// REQUIRES: not ModernBERT's config (modern_bert.h).
std::vector<TensorRow> EncoderTensors(const EncoderConfig& config);

// Those of `names` that are worth a word in the log where no row has them:
// buffers that torch stores beside the weights are not.
std::vector<std::string> WithoutBuffers(const std::vector<std::string>& names);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_ENCODER_TENSORS_H_
