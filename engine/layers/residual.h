// Residual connections and norms: together at the end of every block of a
// post-norm transformer, apart in a pre-norm one.
#ifndef PARLEY_ENGINE_LAYERS_RESIDUAL_H_
#define PARLEY_ENGINE_LAYERS_RESIDUAL_H_

#include <cstdint>

#include "engine/layers/activations.h"
#include "engine/layers/weights.h"

namespace parley {

// Of one row: hidden = LayerNorm(hidden + delta). Different rows from several
// threads at once; so is the next.
void AddAndNormalizeRow(const NormWeights& weights, int64_t row,
                        Activations& activations);

// For pre-norm layers, of one row: hidden = hidden + delta.
void AddResidualRow(int64_t row, Activations& activations);

// For pre-norm layers: attended = LayerNorm(hidden).
void NormalizeHidden(const NormWeights& weights, int64_t num_rows,
                     Activations& activations);

// At the end of a pre-norm stack: hidden = LayerNorm(hidden).
void NormalizeInPlace(const NormWeights& weights, int64_t num_rows,
                      Activations& activations);

}  // namespace parley

#endif  // PARLEY_ENGINE_LAYERS_RESIDUAL_H_
