// Rows of floats to the few bits that packed products multiply.
//
// As vector_ops.h: single-threaded, no allocation, a row's result depends on
// its own numbers alone, Highway on every instruction set, where all give the
// same bits.
#ifndef PARLEY_ENGINE_KERNELS_PACKED_ROW_ROUNDING_H_
#define PARLEY_ENGINE_KERNELS_PACKED_ROW_ROUNDING_H_

#include <cstdint>

#include "absl/types/span.h"

namespace parley::kernels {

// Symmetric: y = round(x / scale), -127 to 127, with the scale that takes the
// greatest magnitude to 127. Returns it; NaN where x holds a NaN or an
// infinity, 0 where all of x is so small that it counts as zero.
// x and y of the same length.
float RoundToInt8(absl::Span<const float> x, absl::Span<int8_t> y);
// The same with -32767 to 32767.
float RoundToInt16(absl::Span<const float> x, absl::Span<int16_t> y);

// How a row was rounded: x is about (y - zero) * scale.
struct RowRange {
  float scale = 0;  // NaN where the row holds a NaN or an infinity.
  int32_t zero = 0;
};

// Asymmetric, over the row's own range, which always includes zero (so that
// zeros stay exact): y is 0 to `levels`, at most 255. x and y of the same
// length.
RowRange RoundToUint8(absl::Span<const float> x, int levels,
                      absl::Span<uint8_t> y);

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_PACKED_ROW_ROUNDING_H_
