#include "engine/layers/residual.h"

#include "engine/kernels/team.h"
#include "engine/kernels/vector_ops.h"

namespace parley {
namespace {

// rows = LayerNorm(hidden)
void Normalize(const NormWeights& weights, int64_t num_rows,
               Activations& activations, float* rows) {
  const size_t d_model = activations.sizes().d_model;
  const kernels::LayerNormWeights norm = weights.view();
  kernels::ForEachRow(num_rows, [&](int64_t row) {
    kernels::LayerNorm({activations.hidden() + row * d_model, d_model}, norm,
                       {rows + row * d_model, d_model});
  });
}

}  // namespace

void AddAndNormalizeRow(const NormWeights& weights, int64_t row,
                        Activations& activations) {
  const size_t d_model = activations.sizes().d_model;
  kernels::AddLayerNorm({activations.delta() + row * d_model, d_model},
                        weights.view(),
                        {activations.hidden() + row * d_model, d_model});
}

void AddResidualRow(int64_t row, Activations& activations) {
  const size_t d_model = activations.sizes().d_model;
  const absl::Span<float> hidden(activations.hidden() + row * d_model, d_model);
  kernels::ScaleAdd({activations.delta() + row * d_model, d_model}, 1.0f,
                    hidden, hidden);
}

void NormalizeHidden(const NormWeights& weights, int64_t num_rows,
                     Activations& activations) {
  Normalize(weights, num_rows, activations, activations.attended());
}

void NormalizeInPlace(const NormWeights& weights, int64_t num_rows,
                      Activations& activations) {
  Normalize(weights, num_rows, activations, activations.hidden());
}

}  // namespace parley
