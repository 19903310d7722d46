#include <cstddef>

#include "absl/types/span.h"
#include "base/log.h"
#include "engine/kernels/vector_ops.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/dot_product.cc"
#include "hwy/foreach_target.h"  // Must come before highway.h.
// clang-format off: its order matters.
#include "engine/kernels/simd_math-inl.h"
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace parley::kernels {
namespace HWY_NAMESPACE {

using FloatTag = hn::ScalableTag<float>;

// The sum over vectors of add(sums, index of the first lane, how many there
// are). Four sums, which do not wait for each other.
template <class Add>
float SumOverVectors(size_t n, const Add& add) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  auto sum0 = hn::Zero(d);
  auto sum1 = hn::Zero(d);
  auto sum2 = hn::Zero(d);
  auto sum3 = hn::Zero(d);
  size_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    sum0 = add(sum0, i, lanes);
    sum1 = add(sum1, i + lanes, lanes);
    sum2 = add(sum2, i + 2 * lanes, lanes);
    sum3 = add(sum3, i + 3 * lanes, lanes);
  }
  for (; i < n; i += lanes) sum0 = add(sum0, i, n - i);
  return hn::GetLane(
      hn::SumOfLanes(d, hn::Add(hn::Add(sum0, sum1), hn::Add(sum2, sum3))));
}

HWY_INLINE hn::Vec<FloatTag> LoadUpTo(const float* x, size_t count) {
  const FloatTag d;
  return count >= hn::Lanes(d) ? hn::LoadU(d, x)
                               : LoadPartial(d, x, count, 0.0f);
}

float DotProductOf(const float* x, const float* y, size_t n) {
  return SumOverVectors(n, [&](auto sum, size_t i, size_t count) HWY_ATTR {
    return hn::MulAdd(LoadUpTo(x + i, count), LoadUpTo(y + i, count), sum);
  });
}

float SumOfMagnitudesOf(const float* x, size_t n) {
  return SumOverVectors(n, [&](auto sum, size_t i, size_t count) HWY_ATTR {
    return hn::Add(hn::Abs(LoadUpTo(x + i, count)), sum);
  });
}

}  // namespace HWY_NAMESPACE
}  // namespace parley::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parley::kernels {

HWY_EXPORT(DotProductOf);
HWY_EXPORT(SumOfMagnitudesOf);

float DotProduct(absl::Span<const float> x, absl::Span<const float> y) {
  PARLEY_CHECK(x.size() == y.size()) << x.size() << ", " << y.size();
  return HWY_DYNAMIC_DISPATCH(DotProductOf)(x.data(), y.data(), x.size());
}

float SumOfMagnitudes(absl::Span<const float> x) {
  return HWY_DYNAMIC_DISPATCH(SumOfMagnitudesOf)(x.data(), x.size());
}

}  // namespace parley::kernels
#endif  // HWY_ONCE
