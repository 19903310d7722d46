// What config.json says of ModernBERT's own parts.
#ifndef PARLEY_ENGINE_MODELS_MODERN_BERT_CONFIG_H_
#define PARLEY_ENGINE_MODELS_MODERN_BERT_CONFIG_H_

#include "absl/status/statusor.h"
#include "engine/models/encoder_config.h"
#include "engine/weights/json_file.h"

namespace parley {

// The layers' kinds from "layer_types" or "global_attn_every_n_layers", the
// bases of their rotary positions from "rope_parameters" or the older keys.
// Errors are those of ReadEncoderConfig.
absl::StatusOr<ModernBertConfig> ReadModernBertConfig(const JsonFile& file,
                                                      int num_layers);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_MODERN_BERT_CONFIG_H_
