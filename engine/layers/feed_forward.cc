#include "engine/layers/feed_forward.h"

#include "engine/layers/residual.h"

namespace parley {

void FeedForward(const FeedForwardWeights& weights,
                 kernels::Activation activation, int64_t num_rows,
                 Activations& activations) {
  const size_t ffn_dim = weights.input->shape().out_features;
  float* inner = activations.wide();  // [num_rows, ffn_dim]
  weights.input->Run(activations.hidden(), num_rows, inner);
  const auto activate = [&](int64_t row) {
    kernels::Activate(activation, {inner + row * ffn_dim, ffn_dim});
  };
  const auto finish = [&](int64_t row) {
    AddAndNormalizeRow(weights.norm, row, activations);
  };
  weights.output->Run(inner, num_rows, activations.delta(),
                      {.before = activate, .after = finish});
}

void GatedFeedForward(const GatedFeedForwardWeights& weights,
                      kernels::Activation activation, int64_t num_rows,
                      Activations& activations) {
  const size_t ffn_dim = weights.input->shape().out_features;
  float* inner = activations.wide();  // [num_rows, ffn_dim]
  float* gate =                       // [num_rows, ffn_dim]
      inner + kernels::RoundUpRows(num_rows) * ffn_dim;
  weights.input->Run(activations.attended(), num_rows, inner);
  weights.gate->Run(activations.attended(), num_rows, gate);
  const auto gated = [&](int64_t row) {
    const absl::Span<float> x(inner + row * ffn_dim, ffn_dim);
    kernels::Activate(activation, x);
    kernels::Multiply({gate + row * ffn_dim, ffn_dim}, x);
  };
  const auto finish = [&](int64_t row) { AddResidualRow(row, activations); };
  weights.output->Run(inner, num_rows, activations.delta(),
                      {.before = gated, .after = finish});
}

}  // namespace parley
