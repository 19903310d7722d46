// The precision that a model is loaded in.
#ifndef PARLEY_ENGINE_RUNTIME_PRECISION_H_
#define PARLEY_ENGINE_RUNTIME_PRECISION_H_

#include "absl/status/statusor.h"
#include "engine/api/compute_type.h"
#include "engine/api/model.h"
#include "engine/kernels/linear.h"
#include "engine/weights/weight_file.h"

namespace parley {

// kAuto takes int8 where the processor has instructions for it, else f32.
// UNIMPLEMENTED, saying what it has, where it cannot compute what is asked for.
absl::StatusOr<kernels::Precision> ResolvePrecision(ComputeType type);

// The precision to load `file` in: that of a converted file, whose checksums
// are verified, else what is asked for, f32 by default. INVALID_ARGUMENT where
// a converted file is asked for in another; DATA_LOSS where it is damaged.
absl::StatusOr<kernels::Precision> PrecisionFor(const WeightFile& file,
                                                const LoadOptions& options);

// The reverse; never kAuto.
ComputeType ComputeTypeOf(kernels::Precision precision);

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_PRECISION_H_
