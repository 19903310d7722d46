// Feed-forward blocks.
#ifndef PARLEY_ENGINE_LAYERS_FEED_FORWARD_H_
#define PARLEY_ENGINE_LAYERS_FEED_FORWARD_H_

#include <cstdint>

#include "engine/kernels/vector_ops.h"
#include "engine/layers/activations.h"
#include "engine/layers/weights.h"

namespace parley {

// hidden = LayerNorm(hidden + output(activation(input(hidden)))), rows 0 to
// num_rows - 1 of activations. Not thread-safe: uses the calling thread's team.
void FeedForward(const FeedForwardWeights& weights,
                 kernels::Activation activation, int64_t num_rows,
                 Activations& activations);

// hidden = hidden + output(activation(input(x)) * gate(x)) (Shazeer 2020).
// x: activations.attended(), [num_rows, d_model].
// REQUIRES: activations.sizes().max_ffn_dim is twice ffn_dim or more.
void GatedFeedForward(const GatedFeedForwardWeights& weights,
                      kernels::Activation activation, int64_t num_rows,
                      Activations& activations);

}  // namespace parley

#endif  // PARLEY_ENGINE_LAYERS_FEED_FORWARD_H_
