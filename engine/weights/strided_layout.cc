#include "engine/weights/strided_layout.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/log.h"

namespace parley {
namespace {

bool IsEmpty(const StridedLayout& layout) {
  return std::find(layout.shape.begin(), layout.shape.end(), 0) !=
         layout.shape.end();
}

}  // namespace

absl::Status CheckInside(const StridedLayout& layout, int64_t num_elements) {
  int64_t last = layout.offset;
  bool overflows = false;
  for (size_t i = 0; i < layout.shape.size() && !IsEmpty(layout); ++i) {
    int64_t reach = 0;
    overflows |= __builtin_mul_overflow(layout.shape[i] - 1, layout.strides[i],
                                        &reach) ||
                 __builtin_add_overflow(last, reach, &last);
  }
  const int64_t limit = IsEmpty(layout) ? num_elements : num_elements - 1;
  if (!overflows && last <= limit) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "shape ", ShapeToString(layout.shape), " with strides ",
      ShapeToString(layout.strides), " at offset ", layout.offset,
      " reaches beyond its storage of ", num_elements, " elements"));
}

bool IsContiguous(const StridedLayout& layout) {
  if (IsEmpty(layout)) return true;
  int64_t expected = 1;
  for (size_t i = layout.shape.size(); i-- > 0;) {
    if (layout.shape[i] == 1) continue;  // Its stride is never taken.
    if (layout.strides[i] != expected) return false;
    expected *= layout.shape[i];
  }
  return true;
}

void CopyContiguous(const StridedLayout& layout, size_t element_bytes,
                    absl::Span<const std::byte> storage,
                    absl::Span<std::byte> copy) {
  if (IsEmpty(layout)) return;
  Shape index(layout.shape.size(), 0);
  int64_t element = layout.offset;
  for (size_t at = 0; at < copy.size(); at += element_bytes) {
    PARLEY_CHECK((element + 1) * element_bytes <= storage.size());
    std::memcpy(copy.data() + at, storage.data() + element * element_bytes,
                element_bytes);
    // Counts the index up, from the innermost dimension outwards.
    for (size_t i = index.size(); i-- > 0;) {
      element += layout.strides[i];
      if (++index[i] < layout.shape[i]) break;
      element -= layout.shape[i] * layout.strides[i];
      index[i] = 0;
    }
  }
}

}  // namespace parley
