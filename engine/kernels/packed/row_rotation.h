// A rotation of rows that makes them fit into eight bits.
#ifndef PARLEY_ENGINE_KERNELS_PACKED_ROW_ROTATION_H_
#define PARLEY_ENGINE_KERNELS_PACKED_ROW_ROTATION_H_

#include "absl/types/span.h"

namespace parley::kernels {

// Rows of transformers have a few numbers that are far greater than the others,
// and a scale that reaches them leaves few steps to the rest. Multiplying both
// factors of a product by the same orthogonal matrix leaves the product as it
// is and spreads such numbers evenly (QuaRot: Ashkboos et al. 2024). The matrix
// is made of Hadamard's of at most 32 x 32 along the diagonal of a permutation;
// docs/model_format.md says which, for files hold weights that were rotated.
//
// y = H * x, where H * H = n * identity with a power of two n of up to 32. As
// vector_ops.h: single-threaded, no allocation, any alignment; every
// instruction set gives the same bits. What is not finite spreads.
// x and y of the same length, in the same place or apart.
void RotateRow(absl::Span<const float> x, absl::Span<float> y);

// The inverse, x = H * x / n: a product with rows that were rotated has weights
// that went through this.
void RotateRowBack(absl::Span<float> x);

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_PACKED_ROW_ROTATION_H_
