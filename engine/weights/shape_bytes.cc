#include "engine/weights/shape_bytes.h"

namespace parley {

std::optional<int64_t> ShapeBytes(absl::Span<const int64_t> shape,
                                  DType dtype) {
  int64_t product = static_cast<int64_t>(DTypeBytes(dtype));
  bool has_zero = false;
  for (const int64_t size : shape) {
    if (size == 0) {
      has_zero = true;
    } else if (__builtin_mul_overflow(product, size, &product)) {
      return std::nullopt;
    }
  }
  return has_zero ? 0 : product;
}

}  // namespace parley
