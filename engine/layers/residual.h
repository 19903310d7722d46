// Residual connections and norms: together at the end of every block of a
// post-norm transformer, apart in a pre-norm one.
#ifndef PARLEY_ENGINE_LAYERS_RESIDUAL_H_
#define PARLEY_ENGINE_LAYERS_RESIDUAL_H_

#include <cstdint>

#include "engine/layers/activations.h"
#include "engine/layers/weights.h"

namespace parley {

// hidden = LayerNorm(hidden + delta), rows 0 to num_rows - 1 of activations.
void AddAndNormalize(const NormWeights& weights, int64_t num_rows,
                     Activations& activations);

// For pre-norm layers: hidden = hidden + delta.
void AddResidual(int64_t num_rows, Activations& activations);

// For pre-norm layers: attended = LayerNorm(hidden).
void NormalizeHidden(const NormWeights& weights, int64_t num_rows,
                     Activations& activations);

// At the end of a pre-norm stack: hidden = LayerNorm(hidden).
void NormalizeInPlace(const NormWeights& weights, int64_t num_rows,
                      Activations& activations);

}  // namespace parley

#endif  // PARLEY_ENGINE_LAYERS_RESIDUAL_H_
