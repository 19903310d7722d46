// Tensors that are any regular pattern of a storage's elements, as torch has
// them.
#ifndef PARLEY_ENGINE_WEIGHTS_STRIDED_LAYOUT_H_
#define PARLEY_ENGINE_WEIGHTS_STRIDED_LAYOUT_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/tensor/tensor.h"

namespace parley {

// Element [i, j] is the storage's element offset + i * strides[0] +
// j * strides[1]. As many strides as sizes; none of the numbers is negative.
struct StridedLayout {
  Shape shape;
  Shape strides;       // In elements.
  int64_t offset = 0;  // In elements.
};

// INVALID_ARGUMENT where an element would be outside a storage of
// `num_elements`, or the offset is. A layout without elements is inside
// wherever its offset is.
absl::Status CheckInside(const StridedLayout& layout, int64_t num_elements);

// Whether the elements follow each other in row-major order.
bool IsContiguous(const StridedLayout& layout);

// Copies the elements in row-major order. REQUIRES: CheckInside holds for
// `storage`; `copy` has the layout's elements; no copy of more elements than
// is sane, since the time is proportional to them.
void CopyContiguous(const StridedLayout& layout, size_t element_bytes,
                    absl::Span<const std::byte> storage,
                    absl::Span<std::byte> copy);

}  // namespace parley

#endif  // PARLEY_ENGINE_WEIGHTS_STRIDED_LAYOUT_H_
