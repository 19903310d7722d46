// Rotary positions (Su et al. 2021).
#ifndef PARLEY_ENGINE_LAYERS_ROTARY_H_
#define PARLEY_ENGINE_LAYERS_ROTARY_H_

#include <cstdint>

#include "absl/types/span.h"
#include "engine/kernels/attention.h"
#include "engine/layers/activations.h"
#include "engine/layers/attention.h"
#include "engine/tensor/tensor.h"

namespace parley {

struct RotaryShape {
  double base = 10000;
  int head_dim = 0;  // Even.
  int max_positions = 0;
};

// Angles of all positions: dimension i and i + head_dim / 2 of a head are
// turned together, by position / base^(2 * i / head_dim). Read-only once made.
class RotaryTable {
 public:
  explicit RotaryTable(const RotaryShape& shape);

  // Turns one head of one row. x: [head_dim]
  void Rotate(int position, absl::Span<float> x) const;

 private:
  const int64_t half_;
  FloatBuffer cosines_;  // [max_positions, head_dim / 2]
  FloatBuffer sines_;    // [max_positions, head_dim / 2]
};

// Turns the queries and keys in activations.wide() [num_rows, 3, d_model] by
// their positions in their sequences. Not thread-safe: uses the calling
// thread's team.
void RotateQueriesAndKeys(const RotaryTable& table,
                          const kernels::AttentionShape& shape,
                          absl::Span<const Sequence> sequences,
                          Activations& activations);

}  // namespace parley

#endif  // PARLEY_ENGINE_LAYERS_ROTARY_H_
