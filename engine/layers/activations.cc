#include "engine/layers/activations.h"

#include <algorithm>

#include "engine/kernels/linear.h"
#include "engine/kernels/team.h"
#include "engine/layers/thread_team.h"

namespace parley {

Activations::Activations(const ActivationSizes& sizes)
    : sizes_(sizes),
      hidden_(kernels::RoundUpRows(sizes.max_rows) * sizes.d_model),
      attended_(hidden_.size()),
      delta_(hidden_.size()),
      wide_(kernels::RoundUpRows(sizes.max_rows) *
            std::max(3 * sizes.d_model, sizes.max_ffn_dim)) {
  for (int thread = 0; thread < TeamSize(); ++thread) {
    scores_.emplace_back(sizes.num_heads * sizes.max_positions);
  }
}

absl::Span<float> Activations::scores() {
  return scores_[kernels::TeamThread()].span();
}

}  // namespace parley
