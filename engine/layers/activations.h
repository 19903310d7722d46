// Scratch memory of a forward pass.
#ifndef PARLEY_ENGINE_LAYERS_ACTIVATIONS_H_
#define PARLEY_ENGINE_LAYERS_ACTIVATIONS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "engine/tensor/tensor.h"

namespace parley {

struct ActivationSizes {
  int64_t max_rows = 0;
  int64_t d_model = 0;
  int64_t max_ffn_dim = 0;
  int64_t num_heads = 0;
  // Positions that one row attends to at most.
  int64_t max_positions = 0;
};

// Sized once; a pass overwrites what the last one left. Not thread-safe: one
// forward pass at a time. Row counts have room to be rounded up
// (kernels::RoundUpRows), and the surplus rows hold finite numbers.
class Activations {
 public:
  // Scratch for the threads of the present team (layers/thread_team.h).
  explicit Activations(const ActivationSizes& sizes);

  const ActivationSizes& sizes() const { return sizes_; }

  float* hidden() { return hidden_.data(); }      // [max_rows, d_model]
  float* attended() { return attended_.data(); }  // [max_rows, d_model]
  float* delta() { return delta_.data(); }        // [max_rows, d_model]
  // [max_rows, max(3 * d_model, max_ffn_dim)], dense in what is used of it.
  float* wide() { return wide_.data(); }
  // Of the calling thread of the team: [num_heads * max_positions]
  absl::Span<float> scores();

 private:
  const ActivationSizes sizes_;
  FloatBuffer hidden_;
  FloatBuffer attended_;
  FloatBuffer delta_;
  FloatBuffer wide_;
  std::vector<FloatBuffer> scores_;  // [num_threads]
};

}  // namespace parley

#endif  // PARLEY_ENGINE_LAYERS_ACTIVATIONS_H_
