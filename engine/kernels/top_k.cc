#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "absl/types/span.h"
#include "base/log.h"
#include "engine/kernels/vector_ops.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/top_k.cc"
#include "hwy/foreach_target.h"  // Must come before highway.h.
// clang-format off: its order matters.
#include "engine/kernels/simd_math-inl.h"
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace parley::kernels {
namespace HWY_NAMESPACE {

// The greatest elements so far, sorted, in top[0..count).
struct Selection {
  IndexedValue* top;
  int capacity;
  int count;
  float threshold;  // Only a greater value can still enter.
};

// Elements come by rising index, so an equal one that is there already stays
// before.
void Insert(IndexedValue element, Selection& selection) {
  IndexedValue* top = selection.top;
  int place = selection.count;
  if (selection.count < selection.capacity) {
    ++selection.count;
  } else {
    --place;  // The least drops out.
  }
  for (; place > 0 && top[place - 1].value < element.value; --place) {
    top[place] = top[place - 1];
  }
  top[place] = element;
  if (selection.count == selection.capacity) {
    selection.threshold = top[selection.count - 1].value;
  }
}

void InsertRange(const float* x, size_t begin, size_t end, int32_t first_index,
                 Selection& selection) {
  for (size_t i = begin; i < end; ++i) {
    if (x[i] > selection.threshold) {
      Insert({first_index + static_cast<int32_t>(i), x[i]}, selection);
    }
  }
}

int SelectTop(const float* x, size_t n, int32_t first_index, int count,
              IndexedValue* top, int capacity) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  Selection selection = {top, capacity, count,
                         count == capacity ? top[count - 1].value : -kInfinity};
  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    const auto max01 =
        hn::Max(hn::LoadU(d, x + i), hn::LoadU(d, x + i + lanes));
    const auto max23 = hn::Max(hn::LoadU(d, x + i + 2 * lanes),
                               hn::LoadU(d, x + i + 3 * lanes));
    const auto threshold = hn::Set(d, selection.threshold);
    if (hn::AllFalse(d, hn::Gt(hn::Max(max01, max23), threshold))) continue;
    InsertRange(x, i, i + 4 * lanes, first_index, selection);
  }
  InsertRange(x, i, n, first_index, selection);
  return selection.count;
}

}  // namespace HWY_NAMESPACE
}  // namespace parley::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parley::kernels {

HWY_EXPORT(SelectTop);

int InsertTop(absl::Span<const float> x, int32_t first_index, int count,
              absl::Span<IndexedValue> top) {
  constexpr size_t kMaxIndex = std::numeric_limits<int32_t>::max();
  PARLEY_CHECK(first_index >= 0 && x.size() <= kMaxIndex - first_index)
      << x.size();
  if (top.empty()) return 0;
  return HWY_DYNAMIC_DISPATCH(SelectTop)(x.data(), x.size(), first_index, count,
                                         top.data(),
                                         static_cast<int>(top.size()));
}

int TopK(absl::Span<const float> x, absl::Span<IndexedValue> top) {
  return InsertTop(x, 0, 0, top.first(std::min(top.size(), x.size())));
}

}  // namespace parley::kernels
#endif  // HWY_ONCE
