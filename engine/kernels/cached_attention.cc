#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "base/log.h"
#include "engine/kernels/attention.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/cached_attention.cc"
#include "hwy/foreach_target.h"  // Must come before highway.h.
// clang-format off: its order matters.
#include "engine/kernels/simd_math-inl.h"
#include "engine/kernels/softmax-inl.h"
#include "hwy/highway.h"
// clang-format on

// Positions are taken four at a time and heads inside, so that four rows of the
// cache are read from end to end, once for the scores and once for the values.
HWY_BEFORE_NAMESPACE();
namespace parley::kernels {
namespace HWY_NAMESPACE {

using FloatTag = hn::ScalableTag<float>;

inline constexpr size_t kGroup = 4;

// The rows of the (up to four) positions from slots[first]; the last is
// repeated where fewer are left.
struct RowGroup {
  RowGroup(ConstRows rows, absl::Span<const int32_t> slots, size_t first)
      : size(std::min(kGroup, slots.size() - first)) {
    for (size_t i = 0; i < kGroup; ++i) {
      const int64_t slot = slots[first + std::min(i, size - 1)];
      row[i] = rows.data + slot * rows.stride;
    }
  }
  size_t size;
  const float* row[kGroup];
};

// products[i] = query . row[i], over the dimensions [begin, end).
void DotProducts(const float* query, const RowGroup& group, size_t begin,
                 size_t end, float* HWY_RESTRICT products) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  auto sum0 = hn::Zero(d);
  auto sum1 = sum0;
  auto sum2 = sum0;
  auto sum3 = sum0;
  size_t i = begin;
  for (; i + lanes <= end; i += lanes) {
    const auto q = hn::LoadU(d, query + i);
    sum0 = hn::MulAdd(q, hn::LoadU(d, group.row[0] + i), sum0);
    sum1 = hn::MulAdd(q, hn::LoadU(d, group.row[1] + i), sum1);
    sum2 = hn::MulAdd(q, hn::LoadU(d, group.row[2] + i), sum2);
    sum3 = hn::MulAdd(q, hn::LoadU(d, group.row[3] + i), sum3);
  }
  SumsOfLanes(d, sum0, sum1, sum2, sum3, products);
  for (; i < end; ++i) {
    for (size_t r = 0; r < kGroup; ++r) {
      products[r] += query[i] * group.row[r][i];
    }
  }
}

// output (+)= sum over i of weights[i] * row[i], over [begin, end).
template <bool kFirst>
HWY_INLINE void AddWeighted(const float* weights, const RowGroup& group,
                            size_t begin, size_t end, float* output) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const auto weight0 = hn::Set(d, weights[0]);
  const auto weight1 = hn::Set(d, weights[1]);
  const auto weight2 = hn::Set(d, weights[2]);
  const auto weight3 = hn::Set(d, weights[3]);
  size_t i = begin;
  for (; i + lanes <= end; i += lanes) {
    auto sum = kFirst ? hn::Zero(d) : hn::LoadU(d, output + i);
    sum = hn::MulAdd(weight0, hn::LoadU(d, group.row[0] + i), sum);
    sum = hn::MulAdd(weight1, hn::LoadU(d, group.row[1] + i), sum);
    sum = hn::MulAdd(weight2, hn::LoadU(d, group.row[2] + i), sum);
    sum = hn::MulAdd(weight3, hn::LoadU(d, group.row[3] + i), sum);
    hn::StoreU(sum, d, output + i);
  }
  for (; i < end; ++i) {
    float sum = kFirst ? 0.0f : output[i];
    for (size_t r = 0; r < kGroup; ++r) sum += weights[r] * group.row[r][i];
    output[i] = sum;
  }
}

struct CachedView {
  AttentionShape shape;
  const float* query;
  CachedKeyValues cache;
  absl::Span<const int32_t> slots;
};

// scores: [num_heads, num_positions].
void ScorePositions(const CachedView& view, float* scores) {
  const size_t num_positions = view.slots.size();
  const size_t head_dim = view.shape.head_dim;
  const float scale = 1.0f / std::sqrt(static_cast<float>(head_dim));
  for (size_t first = 0; first < num_positions; first += kGroup) {
    const RowGroup group(view.cache.key, view.slots, first);
    for (int h = 0; h < view.shape.num_heads; ++h) {
      float products[kGroup];
      DotProducts(view.query, group, h * head_dim, (h + 1) * head_dim,
                  products);
      float* head_scores = scores + h * num_positions + first;
      for (size_t i = 0; i < group.size; ++i) {
        head_scores[i] = products[i] * scale;
      }
    }
  }
}

// weights: [num_heads, num_positions].
template <bool kFirst>
void AddGroup(const CachedView& view, size_t first, const float* weights,
              float* output) {
  const size_t head_dim = view.shape.head_dim;
  const RowGroup group(view.cache.value, view.slots, first);
  for (int h = 0; h < view.shape.num_heads; ++h) {
    float group_weights[kGroup] = {};  // Repeated rows weigh nothing.
    std::copy_n(weights + h * view.slots.size() + first, group.size,
                group_weights);
    AddWeighted<kFirst>(group_weights, group, h * head_dim, (h + 1) * head_dim,
                        output);
  }
}

void AttendCached(const CachedView& view, float* scratch, float* output) {
  const size_t num_positions = view.slots.size();
  ScorePositions(view, scratch);
  for (int h = 0; h < view.shape.num_heads; ++h) {
    SoftmaxOfRow(FloatTag(), scratch + h * num_positions, num_positions);
  }
  // From here on the query is not read any more: output may be it.
  AddGroup<true>(view, 0, scratch, output);
  for (size_t first = kGroup; first < num_positions; first += kGroup) {
    AddGroup<false>(view, first, scratch, output);
  }
}

void AttendCachedRow(const AttentionShape& shape, const float* query,
                     const CachedKeyValues& cache,
                     absl::Span<const int32_t> slots, float* scratch,
                     float* output) {
  AttendCached({shape, query, cache, slots}, scratch, output);
}

}  // namespace HWY_NAMESPACE
}  // namespace parley::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parley::kernels {

HWY_EXPORT(AttendCachedRow);

void CachedAttention(const AttentionShape& shape, absl::Span<const float> query,
                     const CachedKeyValues& cache,
                     absl::Span<const int32_t> slots, absl::Span<float> scratch,
                     absl::Span<float> output) {
  const size_t d_model = shape.d_model();
  PARLEY_CHECK(!slots.empty() && query.size() == d_model &&
               output.size() == d_model &&
               scratch.size() >= shape.num_heads * slots.size())
      << slots.size() << " positions, " << d_model << " dimensions";
  HWY_DYNAMIC_DISPATCH(AttendCachedRow)
  (shape, query.data(), cache, slots, scratch.data(), output.data());
}

}  // namespace parley::kernels
#endif  // HWY_ONCE
