// The tensors of a MarianMT checkpoint.
#ifndef PARLEY_ENGINE_MODELS_MARIAN_TENSORS_H_
#define PARLEY_ENGINE_MODELS_MARIAN_TENSORS_H_

#include <vector>

#include "engine/models/marian_config.h"
#include "engine/models/tensor_table.h"

namespace parley {

// A row for each tensor of such a model, by the names of transformers'
// MarianMTModel.
std::vector<TensorRow> MarianTensors(const MarianConfig& config);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_MARIAN_TENSORS_H_
