// A projection onto a vocabulary that reads half of an f32 weight's bytes: all
// results roughly, and those that matter in full.
#ifndef PARLEY_ENGINE_KERNELS_ROUGH_WIDE_LINEAR_H_
#define PARLEY_ENGINE_KERNELS_ROUGH_WIDE_LINEAR_H_

#include <memory>

#include "absl/status/statusor.h"
#include "engine/kernels/wide_linear.h"

namespace parley::kernels {

// Rows in f32 times weights in int16 (docs/decisions/0009). Null where that
// would not do: the processor has no such products, or the outputs' scales
// differ so much that what is said of the errors of all would be far from those
// of most.
absl::StatusOr<std::unique_ptr<WideLinear>> CreateRoughWideLinear(
    const WideWeight& weight);

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_ROUGH_WIDE_LINEAR_H_
