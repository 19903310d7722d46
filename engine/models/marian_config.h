// What a MarianMT model is: config.json, checked.
#ifndef PARLEY_ENGINE_MODELS_MARIAN_CONFIG_H_
#define PARLEY_ENGINE_MODELS_MARIAN_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "engine/layers/feed_forward.h"
#include "engine/models/generation_config.h"
#include "engine/weights/json_file.h"

namespace parley {

// One side of the model.
struct TransformerStackConfig {
  int num_layers = 0;
  int num_heads = 0;
  int ffn_dim = 0;
  int vocab_size = 0;
};

struct MarianConfig {
  std::string architecture;  // "MarianMTModel".
  int d_model = 0;
  TransformerStackConfig encoder;
  TransformerStackConfig decoder;
  kernels::Activation activation = kernels::Activation::kSwish;
  float embedding_scale = 1.0f;  // sqrt(d_model) with scale_embedding.
  // Encoder and decoder read one table (share_encoder_decoder_embeddings).
  bool shares_embeddings = true;
  // The output projection is the decoder's table (tie_word_embeddings).
  bool ties_output = true;
  int max_positions = 0;
  GenerationConfig generation;
};

// Reads config.json and generation_config.json of `directory`.
// INVALID_ARGUMENT names file and key of what is missing, out of range or
// inconsistent; UNIMPLEMENTED what is not MarianMT as OPUS-MT uses it.
absl::StatusOr<MarianConfig> ReadMarianConfig(const std::string& directory);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_MARIAN_CONFIG_H_
