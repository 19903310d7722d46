// Vector arithmetic that the kernels share, compiled once for each instruction
// set: include it from a kernel's source after hwy/foreach_target.h.
//
// Uses only what Highway offers on every target, its scalar one included.
#if defined(PARLEY_ENGINE_KERNELS_SIMD_MATH_INL_H_) == \
    defined(HWY_TARGET_TOGGLE)
#ifdef PARLEY_ENGINE_KERNELS_SIMD_MATH_INL_H_
#undef PARLEY_ENGINE_KERNELS_SIMD_MATH_INL_H_
#else
#define PARLEY_ENGINE_KERNELS_SIMD_MATH_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace parley::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

// The `count` numbers at p, fewer than a vector, and `fill` in the other lanes.
// Reads nothing beyond them.
template <class D>
HWY_INLINE hn::Vec<D> LoadPartial(D d, const float* p, size_t count,
                                  float fill) {
  HWY_ALIGN float lanes[hn::MaxLanes(d)];
  hn::Store(hn::Set(d, fill), d, lanes);
  std::memcpy(lanes, p, count * sizeof(float));
  return hn::Load(d, lanes);
}

template <class D>
HWY_INLINE void StorePartial(D d, hn::Vec<D> v, float* p, size_t count) {
  HWY_ALIGN float lanes[hn::MaxLanes(d)];
  hn::Store(v, d, lanes);
  std::memcpy(p, lanes, count * sizeof(float));
}

// e^x = mantissa * 2^exponent, with the mantissa in (0.7, 1.42).
template <class D>
struct ExpParts {
  hn::Vec<D> mantissa;
  hn::Vec<hn::RebindToSigned<D>> exponent;
};

// e^(x + correction) for |x| < 2^20 and a correction of at most 0.1; a NaN
// stays one in the mantissa. Range reduction after Cody & Waite (1980), with
// ln 2 split as in Cephes' expf; the polynomial is a minimax fit of our own:
// relative error 3.1e-9 before rounding.
template <class D>
HWY_INLINE ExpParts<D> SplitExp(D d, hn::Vec<D> x, hn::Vec<D> correction) {
  const hn::RebindToSigned<D> di;
  // Adding 1.5 * 2^23 rounds to an integer, which is then in the low bits.
  const auto magic = hn::Set(d, 12582912.0f);
  const auto shifted = hn::MulAdd(x, hn::Set(d, 1.44269504f), magic);
  const auto quotient = hn::Sub(shifted, magic);
  auto r = hn::MulAdd(quotient, hn::Set(d, -0.693145751953125f), x);
  r = hn::MulAdd(quotient, hn::Set(d, -1.42860682e-6f), r);
  r = hn::Add(r, correction);
  auto p = hn::Set(d, 0.00138143206f);
  p = hn::MulAdd(p, r, hn::Set(d, 0.00836885069f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.0416684002f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.166665196f));
  p = hn::MulAdd(p, r, hn::Set(d, 0.49999994f));
  p = hn::MulAdd(p, hn::Mul(r, r), r);
  return {hn::Add(p, hn::Set(d, 1.0f)),
          hn::Sub(hn::BitCast(di, shifted), hn::BitCast(di, magic))};
}

// v * 2^exponent, rounded once more only where the result is subnormal.
template <class D>
HWY_INLINE hn::Vec<D> ScaleByPowerOfTwo(
    D d, hn::Vec<D> v, hn::Vec<hn::RebindToSigned<D>> exponent) {
  const hn::RebindToSigned<D> di;
  const auto bias = hn::Set(di, 127);
  const auto half = hn::ShiftRight<1>(exponent);
  const auto rest = hn::Sub(exponent, half);
  v = hn::Mul(v, hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, bias))));
  return hn::Mul(v, hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(rest, bias))));
}

// e^x for x <= 0, within 2 ulp; 0 below -86.5 (where it is under 2.8e-38), and
// NaN for NaN. What softmax needs: weights relative to the greatest.
template <class D>
HWY_INLINE hn::Vec<D> ExpOfNonPositive(D d, hn::Vec<D> x) {
  const hn::RebindToSigned<D> di;
  const auto parts = SplitExp(d, x, hn::Zero(d));
  const auto bits = hn::Add(hn::BitCast(di, parts.mantissa),
                            hn::ShiftLeft<23>(parts.exponent));
  const auto underflows = hn::Lt(x, hn::Set(d, -86.5f));
  return hn::IfThenZeroElse(underflows, hn::BitCast(d, bits));
}

// The sums of the lanes of four vectors, to sums[0..4).
#if HWY_TARGET == HWY_SCALAR
template <class D>
HWY_INLINE void SumsOfLanes(D d, hn::Vec<D> v0, hn::Vec<D> v1, hn::Vec<D> v2,
                            hn::Vec<D> v3, float* HWY_RESTRICT sums) {
  sums[0] = hn::GetLane(v0);
  sums[1] = hn::GetLane(v1);
  sums[2] = hn::GetLane(v2);
  sums[3] = hn::GetLane(v3);
}
#else
// The sum of the 128-bit blocks of v.
template <class D>
HWY_INLINE void StoreSumOfQuads(D d, hn::Vec<D> v, float* HWY_RESTRICT sums) {
  if constexpr (hn::MaxLanes(d) > 4) {
    const hn::Half<D> half;
    StoreSumOfQuads(
        half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)), sums);
  } else {
    hn::StoreU(v, d, sums);
  }
}

template <class D>
HWY_INLINE void SumsOfLanes(D d, hn::Vec<D> v0, hn::Vec<D> v1, hn::Vec<D> v2,
                            hn::Vec<D> v3, float* HWY_RESTRICT sums) {
  const hn::Repartition<uint64_t, D> dw;
  // Within each block of four lanes: [v0 v1 v0 v1], [v2 v3 v2 v3], then one
  // lane for each of the four.
  const auto v01 =
      hn::Add(hn::InterleaveLower(d, v0, v1), hn::InterleaveUpper(d, v0, v1));
  const auto v23 =
      hn::Add(hn::InterleaveLower(d, v2, v3), hn::InterleaveUpper(d, v2, v3));
  const auto w01 = hn::BitCast(dw, v01);
  const auto w23 = hn::BitCast(dw, v23);
  StoreSumOfQuads(d,
                  hn::Add(hn::BitCast(d, hn::InterleaveLower(dw, w01, w23)),
                          hn::BitCast(d, hn::InterleaveUpper(dw, w01, w23))),
                  sums);
}
#endif  // HWY_TARGET

}  // namespace HWY_NAMESPACE
}  // namespace parley::kernels
HWY_AFTER_NAMESPACE();

#endif  // PARLEY_ENGINE_KERNELS_SIMD_MATH_INL_H_
