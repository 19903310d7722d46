// How a model's files say that it is to be searched.
#ifndef PARLEY_ENGINE_MODELS_GENERATION_CONFIG_H_
#define PARLEY_ENGINE_MODELS_GENERATION_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/weights/json_file.h"

namespace parley {

// The words are transformers'; what a file leaves out has its default.
struct GenerationConfig {
  int num_beams = 1;
  int num_return_sequences = 1;
  double length_penalty = 1.0;
  std::string early_stopping = "false";  // "false", "true" or "never".
  // Target tokens without the start token, from max_new_tokens or max_length;
  // 0 where no file sets one.
  int max_new_tokens = 0;
  int min_new_tokens = 0;
  int decoder_start_token_id = 0;
  int eos_token_id = 0;
  int forced_eos_token_id = -1;  // -1: none.
  std::vector<std::vector<int>> bad_words_ids;
  bool renormalize_logits = false;
};

// Reads generation_config.json of `directory`, or `config` (config.json) where
// there is none, as transformers does; token ids and max_length that the first
// leaves out come from the second.
// INVALID_ARGUMENT names file and key of what is wrong; UNIMPLEMENTED of what
// would change the model's answers and is not supported, such as sampling.
absl::StatusOr<GenerationConfig> ReadGenerationConfig(
    const std::string& directory, const JsonFile& config);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_GENERATION_CONFIG_H_
