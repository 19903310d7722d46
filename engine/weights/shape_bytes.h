// How large a tensor of a shape from outside is.
#ifndef PARLEY_ENGINE_WEIGHTS_SHAPE_BYTES_H_
#define PARLEY_ENGINE_WEIGHTS_SHAPE_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/types/span.h"
#include "engine/tensor/dtype.h"

namespace parley {

// Weights have two or three dimensions, a convolution five; more than this is
// refused, which bounds what a hostile file can make us hold for each tensor.
inline constexpr size_t kMaxDimensions = 8;

// Bytes of a dense tensor; nullopt where the product of its sizes, zeros left
// out, and the element's bytes does not fit in 63 bits: then no later product
// of some of the sizes can overflow either. REQUIRES: no size is negative.
std::optional<int64_t> ShapeBytes(absl::Span<const int64_t> shape, DType dtype);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_SHAPE_BYTES_H_
