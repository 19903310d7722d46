// Stored numbers of any float type as floats.
#ifndef PARLEY_ENGINE_LAYERS_WIDEN_H_
#define PARLEY_ENGINE_LAYERS_WIDEN_H_

#include <cstddef>

#include "absl/types/span.h"
#include "engine/tensor/dtype.h"

namespace parley {

// Whether WidenToF32 takes numbers of this type: F32, F16 and BF16.
bool CanWidenToF32(DType dtype);

// `bytes` need not be aligned. REQUIRES: CanWidenToF32(dtype), and bytes hold
// exactly as many numbers as `floats`.
void WidenToF32(DType dtype, absl::Span<const std::byte> bytes,
                absl::Span<float> floats);

}  // namespace parley

#endif  // PARLEY_ENGINE_LAYERS_WIDEN_H_
