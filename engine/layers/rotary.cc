#include "engine/layers/rotary.h"

#include <cmath>

#include "base/log.h"
#include "engine/kernels/team.h"

namespace parley {

RotaryTable::RotaryTable(const RotaryShape& shape)
    : half_(shape.head_dim / 2),
      cosines_(shape.max_positions * half_),
      sines_(shape.max_positions * half_) {
  PARLEY_CHECK(shape.head_dim % 2 == 0) << shape.head_dim;
  for (int64_t i = 0; i < half_; ++i) {
    // In single precision, as torch computes it: far positions would differ.
    const float frequency =
        1.0f / std::pow(static_cast<float>(shape.base),
                        static_cast<float>(2 * i) / shape.head_dim);
    for (int64_t position = 0; position < shape.max_positions; ++position) {
      const float angle = static_cast<float>(position) * frequency;
      cosines_.data()[position * half_ + i] = std::cos(angle);
      sines_.data()[position * half_ + i] = std::sin(angle);
    }
  }
}

void RotaryTable::Rotate(int position, absl::Span<float> x) const {
  const float* cosines = cosines_.data() + position * half_;
  const float* sines = sines_.data() + position * half_;
  float* first = x.data();
  float* second = x.data() + half_;
  for (int64_t i = 0; i < half_; ++i) {
    const float a = first[i];
    const float b = second[i];
    first[i] = a * cosines[i] - b * sines[i];
    second[i] = b * cosines[i] + a * sines[i];
  }
}

void RotateQueriesAndKeys(const RotaryTable& table,
                          const kernels::AttentionShape& shape,
                          absl::Span<const Sequence> sequences,
                          Activations& activations) {
  const int64_t d_model = shape.d_model();
  const size_t head_dim = shape.head_dim;
  for (const Sequence& sequence : sequences) {
    float* rows = activations.wide() + sequence.begin * 3 * d_model;
    kernels::ForEachRow(sequence.length, [&](int64_t i) {
      // Queries, then keys: twice num_heads heads.
      for (int head = 0; head < 2 * shape.num_heads; ++head) {
        table.Rotate(static_cast<int>(i),
                     {rows + i * 3 * d_model + head * head_dim, head_dim});
      }
    });
  }
}

}  // namespace parley
