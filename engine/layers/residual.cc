#include "engine/layers/residual.h"

#include "engine/kernels/vector_ops.h"
#include "engine/layers/thread_team.h"

namespace parley {

void AddAndNormalize(const NormWeights& weights, int64_t num_rows,
                     Activations& activations) {
  const size_t d_model = activations.sizes().d_model;
  const kernels::LayerNormWeights norm = weights.view();
  ForEachRow(num_rows, [&](int64_t row) {
    kernels::AddLayerNorm({activations.delta() + row * d_model, d_model}, norm,
                          {activations.hidden() + row * d_model, d_model});
  });
}

}  // namespace parley
