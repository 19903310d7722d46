// Linear layers over packed weights: int8, bf16 and f32.
#ifndef PARLEY_ENGINE_KERNELS_PACKED_PACKED_LINEAR_H_
#define PARLEY_ENGINE_KERNELS_PACKED_PACKED_LINEAR_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/packed/packed_weight.h"
#include "engine/kernels/packed/product.h"
#include "engine/tensor/tensor.h"

namespace parley::kernels {

PackedType PackedTypeOf(Precision precision);
Precision PrecisionOf(PackedType type);

// The kernel for products of a type. UNIMPLEMENTED where the processor has
// none, or where f32 is oneDNN's.
absl::StatusOr<PackedKernel> FindKernel(PackedType type);

// `bias` padded with zeros to weight.padded_out(); empty: all zeros.
FloatBuffer PadBias(const PackedShape& shape, absl::Span<const float> bias);

// See Linear. `bias`: [out_features], or empty for none. Errors as FindKernel.
absl::StatusOr<std::unique_ptr<Linear>> CreatePackedLinear(
    PackedWeight weight, absl::Span<const float> bias);

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_PACKED_PACKED_LINEAR_H_
