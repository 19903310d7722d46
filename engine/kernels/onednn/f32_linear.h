// Linear layers in f32 by oneDNN's matmul, weights packed once: for processors
// for which engine/kernels/packed has no kernel.
#ifndef PARLEY_ENGINE_KERNELS_ONEDNN_F32_LINEAR_H_
#define PARLEY_ENGINE_KERNELS_ONEDNN_F32_LINEAR_H_

#include <omp.h>

#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/kernels/linear.h"

namespace parley::kernels {

// How long a layer is to stay: which memory its weight is put into.
enum class WeightLifetime { kModel, kTask };

// See Linear::Create. REQUIRES: shape.precision is kF32; sizes fit.
absl::StatusOr<std::unique_ptr<Linear>> CreateF32Linear(
    const LinearShape& shape, absl::Span<const float> weight,
    absl::Span<const float> bias, WeightLifetime lifetime);

// For as long as it lives, what the calling thread creates is for one thread:
// to be run inside loops of a team.
class OneThread {
 public:
  OneThread() : team_size_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(team_size_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  const int team_size_;
};

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_ONEDNN_F32_LINEAR_H_
