// An encoder model as a whole: layers and heads of any architecture.
#ifndef PARLEY_ENGINE_MODELS_ENCODER_H_
#define PARLEY_ENGINE_MODELS_ENCODER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "engine/layers/activations.h"
#include "engine/models/encoder_config.h"
#include "engine/models/encoder_heads.h"
#include "engine/models/encoder_stack.h"
#include "engine/weights/weight_file.h"

namespace parley {

// Read-only once loaded.
struct EncoderModel {
  EncoderConfig config;
  std::unique_ptr<const EncoderStack> stack;
  EncoderHeads heads;
  int64_t num_parameters = 0;
  // Tensors of the file that nothing here reads.
  std::vector<std::string> unknown_tensors;
};

// Packs the weights of `file`. INVALID_ARGUMENT names all tensors that are
// missing or malformed.
absl::StatusOr<EncoderModel> LoadEncoder(const EncoderConfig& config,
                                         std::shared_ptr<const WeightFile> file,
                                         const WeightOptions& options);

// Scratch sizes for passes of up to `max_rows` rows.
ActivationSizes EncoderActivationSizes(const EncoderConfig& config,
                                       int64_t max_rows);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_ENCODER_H_
