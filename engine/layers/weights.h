// Weights of the blocks that transformers are made of: read-only once loaded,
// shared by everybody.
#ifndef PARLEY_ENGINE_LAYERS_WEIGHTS_H_
#define PARLEY_ENGINE_LAYERS_WEIGHTS_H_

#include <memory>

#include "engine/kernels/linear.h"
#include "engine/kernels/vector_ops.h"
#include "engine/tensor/tensor.h"

namespace parley {

struct NormWeights {
  FloatBuffer scale;  // [d_model]
  FloatBuffer shift;  // [d_model]
  float epsilon = 1e-5f;

  kernels::LayerNormWeights view() const {
    return {scale.span(), shift.span(), epsilon};
  }
};

struct SelfAttentionWeights {
  std::unique_ptr<kernels::Linear> query_key_value;  // d_model -> 3 * d_model
  std::unique_ptr<kernels::Linear> output;           // d_model -> d_model
  NormWeights norm;
};

struct CrossAttentionWeights {
  std::unique_ptr<kernels::Linear> query;      // d_model -> d_model
  std::unique_ptr<kernels::Linear> key_value;  // d_model -> 2 * d_model
  std::unique_ptr<kernels::Linear> output;     // d_model -> d_model
  NormWeights norm;
};

struct FeedForwardWeights {
  std::unique_ptr<kernels::Linear> input;   // d_model -> ffn_dim
  std::unique_ptr<kernels::Linear> output;  // ffn_dim -> d_model
  NormWeights norm;
};

struct GatedFeedForwardWeights {
  std::unique_ptr<kernels::Linear> input;   // d_model -> ffn_dim
  std::unique_ptr<kernels::Linear> gate;    // d_model -> ffn_dim
  std::unique_ptr<kernels::Linear> output;  // ffn_dim -> d_model
};

}  // namespace parley

#endif  // PARLEY_ENGINE_LAYERS_WEIGHTS_H_
