// Softmax over one row, for the kernels that have scores of their own; see
// simd_math-inl.h for how to include it.
#if defined(PARLEY_ENGINE_KERNELS_SOFTMAX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef PARLEY_ENGINE_KERNELS_SOFTMAX_INL_H_
#undef PARLEY_ENGINE_KERNELS_SOFTMAX_INL_H_
#else
#define PARLEY_ENGINE_KERNELS_SOFTMAX_INL_H_
#endif

#include <cstddef>

#include "engine/kernels/simd_math-inl.h"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace parley::kernels {
namespace HWY_NAMESPACE {

// The greatest of x[0..n), -infinity of none; may or may not be a NaN where x
// holds one.
template <class D>
HWY_INLINE float MaxOfRow(D d, const float* x, size_t n) {
  const size_t lanes = hn::Lanes(d);
  auto max0 = hn::Set(d, -kInfinity);
  auto max1 = max0;
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    max0 = hn::Max(max0, hn::LoadU(d, x + i));
    max1 = hn::Max(max1, hn::LoadU(d, x + i + lanes));
  }
  for (; i < n; i += lanes) {
    const size_t left = n - i;
    max0 =
        hn::Max(max0, left >= lanes ? hn::LoadU(d, x + i)
                                    : LoadPartial(d, x + i, left, -kInfinity));
  }
  return hn::GetLane(hn::MaxOfLanes(d, hn::Max(max0, max1)));
}

// Replaces x by e^(x - max) and returns their sum. REQUIRES: max is finite or
// NaN.
template <class D>
HWY_INLINE float ExpOfRow(D d, float max, float* x, size_t n) {
  const size_t lanes = hn::Lanes(d);
  const auto shift = hn::Set(d, max);
  auto sum0 = hn::Zero(d);
  auto sum1 = hn::Zero(d);
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const auto e0 = ExpOfNonPositive(d, hn::Sub(hn::LoadU(d, x + i), shift));
    const auto e1 =
        ExpOfNonPositive(d, hn::Sub(hn::LoadU(d, x + i + lanes), shift));
    hn::StoreU(e0, d, x + i);
    hn::StoreU(e1, d, x + i + lanes);
    sum0 = hn::Add(sum0, e0);
    sum1 = hn::Add(sum1, e1);
  }
  for (; i < n; i += lanes) {
    const size_t left = n - i;
    if (left >= lanes) {
      const auto e = ExpOfNonPositive(d, hn::Sub(hn::LoadU(d, x + i), shift));
      hn::StoreU(e, d, x + i);
      sum0 = hn::Add(sum0, e);
    } else {
      // -infinity in the surplus lanes adds nothing to the sum.
      const auto e = ExpOfNonPositive(
          d, hn::Sub(LoadPartial(d, x + i, left, -kInfinity), shift));
      StorePartial(d, e, x + i, left);
      sum0 = hn::Add(sum0, e);
    }
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
}

template <class D>
HWY_INLINE void ScaleRow(D d, float factor, float* x, size_t n) {
  const size_t lanes = hn::Lanes(d);
  const auto factors = hn::Set(d, factor);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::Mul(hn::LoadU(d, x + i), factors), d, x + i);
  }
  for (; i < n; ++i) x[i] *= factor;
}

template <class D>
HWY_INLINE void SoftmaxOfRow(D d, float* x, size_t n) {
  const float sum = ExpOfRow(d, MaxOfRow(d, x, n), x, n);
  ScaleRow(d, 1.0f / sum, x, n);
}

}  // namespace HWY_NAMESPACE
}  // namespace parley::kernels
HWY_AFTER_NAMESPACE();

#endif  // PARLEY_ENGINE_KERNELS_SOFTMAX_INL_H_
