// The residual connection and norm that close every block of a post-norm
// transformer.
#ifndef PARLEY_ENGINE_LAYERS_RESIDUAL_H_
#define PARLEY_ENGINE_LAYERS_RESIDUAL_H_

#include <cstdint>

#include "engine/layers/activations.h"
#include "engine/layers/weights.h"

namespace parley {

// hidden = LayerNorm(hidden + delta), rows 0 to num_rows - 1 of activations.
void AddAndNormalize(const NormWeights& weights, int64_t num_rows,
                     Activations& activations);

}  // namespace parley

#endif  // PARLEY_ENGINE_LAYERS_RESIDUAL_H_
