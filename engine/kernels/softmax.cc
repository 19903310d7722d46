#include <cmath>
#include <cstddef>

#include "absl/types/span.h"
#include "base/log.h"
#include "engine/kernels/vector_ops.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/softmax.cc"
#include "hwy/foreach_target.h"  // Must come before highway.h.
// clang-format off: its order matters.
#include "engine/kernels/simd_math-inl.h"
#include "engine/kernels/softmax-inl.h"
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace parley::kernels {
namespace HWY_NAMESPACE {

float SumRelativeTo(float max, const float* x, size_t n) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  const auto shift = hn::Set(d, max);
  auto sum0 = hn::Zero(d);
  auto sum1 = hn::Zero(d);
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    sum0 =
        hn::Add(sum0, ExpOfNonPositive(d, hn::Sub(hn::LoadU(d, x + i), shift)));
    sum1 = hn::Add(
        sum1, ExpOfNonPositive(d, hn::Sub(hn::LoadU(d, x + i + lanes), shift)));
  }
  for (; i < n; i += lanes) {
    const size_t left = n - i;
    const auto v = left >= lanes ? hn::LoadU(d, x + i)
                                 : LoadPartial(d, x + i, left, -kInfinity);
    sum0 = hn::Add(sum0, ExpOfNonPositive(d, hn::Sub(v, shift)));
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
}

ExpSum ExpSumOfRow(const float* x, size_t n) {
  const hn::ScalableTag<float> d;
  const float max = MaxOfRow(d, x, n);
  if (max == -kInfinity) {
    // MaxOfRow may have passed over a NaN.
    for (size_t i = 0; i < n; ++i) {
      if (std::isnan(x[i])) return {x[i], x[i]};
    }
    return {max, 0.0f};
  }
  return {max, SumRelativeTo(max, x, n)};
}

float LogSumExpOfRow(const float* x, size_t n) {
  const ExpSum sum = ExpSumOfRow(x, n);
  return sum.max == -kInfinity ? sum.max : sum.max + std::log(sum.sum);
}

float LogOfSums(const float* max, const float* sum, size_t n) {
  const hn::ScalableTag<float> d;
  const size_t lanes = hn::Lanes(d);
  const float greatest = MaxOfRow(d, max, n);
  const auto shift = hn::Set(d, greatest);
  auto total = hn::Zero(d);
  for (size_t i = 0; i < n; i += lanes) {
    const size_t left = n - i;
    const bool whole = left >= lanes;
    const auto m = whole ? hn::LoadU(d, max + i)
                         : LoadPartial(d, max + i, left, -kInfinity);
    const auto s =
        whole ? hn::LoadU(d, sum + i) : LoadPartial(d, sum + i, left, 0.0f);
    // The difference of two -infinities is none; their sums are 0.
    const auto weight =
        hn::IfThenZeroElse(hn::Eq(m, hn::Set(d, -kInfinity)),
                           ExpOfNonPositive(d, hn::Sub(m, shift)));
    total = hn::MulAdd(s, weight, total);
  }
  const float all = hn::GetLane(hn::SumOfLanes(d, total));
  if (std::isnan(all)) return all;
  return greatest == -kInfinity ? greatest : greatest + std::log(all);
}

void SoftmaxInPlace(float* x, size_t n) {
  SoftmaxOfRow(hn::ScalableTag<float>(), x, n);
}

}  // namespace HWY_NAMESPACE
}  // namespace parley::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parley::kernels {

HWY_EXPORT(ExpSumOfRow);
HWY_EXPORT(LogOfSums);
HWY_EXPORT(LogSumExpOfRow);
HWY_EXPORT(SoftmaxInPlace);

float LogSumExp(absl::Span<const float> x) {
  return HWY_DYNAMIC_DISPATCH(LogSumExpOfRow)(x.data(), x.size());
}

ExpSum SumOfExp(absl::Span<const float> x) {
  return HWY_DYNAMIC_DISPATCH(ExpSumOfRow)(x.data(), x.size());
}

float LogOfExpSums(absl::Span<const float> max, absl::Span<const float> sum) {
  PARLEY_CHECK(max.size() == sum.size()) << max.size() << ", " << sum.size();
  return HWY_DYNAMIC_DISPATCH(LogOfSums)(max.data(), sum.data(), max.size());
}

void Softmax(absl::Span<float> x) {
  PARLEY_CHECK(!x.empty());
  HWY_DYNAMIC_DISPATCH(SoftmaxInPlace)(x.data(), x.size());
}

}  // namespace parley::kernels
#endif  // HWY_ONCE
