#include "engine/kernels/packed/row_rounding.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "base/log.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/packed/row_rounding.cc"
#include "hwy/foreach_target.h"  // Must come before highway.h.
// clang-format off: its order matters.
#include "engine/kernels/simd_math-inl.h"
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace parley::kernels {
namespace HWY_NAMESPACE {

using FloatTag = hn::ScalableTag<float>;

struct Extremes {
  float min;    // At most 0.
  float max;    // At least 0.
  float taint;  // 0, or NaN where a number is not finite.
};

Extremes ExtremesOf(const float* x, size_t n) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  auto min = hn::Zero(d);
  auto max = hn::Zero(d);
  auto taint = hn::Zero(d);
  for (size_t i = 0; i < n; i += lanes) {
    const size_t left = n - i;
    const auto v =
        left >= lanes ? hn::LoadU(d, x + i) : LoadPartial(d, x + i, left, 0.0f);
    min = hn::Min(min, v);
    max = hn::Max(max, v);
    taint = hn::Add(taint, hn::Sub(v, v));
  }
  return {hn::GetLane(hn::MinOfLanes(d, min)),
          hn::GetLane(hn::MaxOfLanes(d, max)),
          hn::GetLane(hn::SumOfLanes(d, taint))};
}

// y = clamp(round(x * factor) + zero, low, high).
template <class Number>
void RoundRow(const float* x, size_t n, float factor, int32_t zero, int32_t low,
              int32_t high, Number* y) {
  const FloatTag d;
  const hn::RebindToSigned<FloatTag> di;
  const hn::Rebind<Number, FloatTag> dy;
  const size_t lanes = hn::Lanes(d);
  const auto factors = hn::Set(d, factor);
  const auto round = [&](auto v) HWY_ATTR {
    const auto rounded =
        hn::Add(hn::NearestInt(hn::Mul(v, factors)), hn::Set(di, zero));
    return hn::DemoteTo(
        dy, hn::Min(hn::Max(rounded, hn::Set(di, low)), hn::Set(di, high)));
  };
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(round(hn::LoadU(d, x + i)), dy, y + i);
  }
  if (i < n) {
    Number last[hn::MaxLanes(FloatTag())];
    hn::StoreU(round(LoadPartial(d, x + i, n - i, 0.0f)), dy, last);
    std::copy_n(last, n - i, y + i);
  }
}

// Ranges below this count as zero: their factor would overflow.
inline constexpr float kLeastRange = 1e-30f;

template <class Number>
float RoundSymmetric(const float* x, size_t n, Number* y) {
  constexpr int32_t kMost = std::numeric_limits<Number>::max();
  const Extremes extremes = ExtremesOf(x, n);
  const float greatest = std::max(-extremes.min, extremes.max);
  if (!(greatest >= kLeastRange)) {
    std::fill_n(y, n, Number{0});
    return extremes.taint;
  }
  RoundRow(x, n, float{kMost} / greatest, 0, -kMost, kMost, y);
  return greatest / float{kMost} + extremes.taint;
}

float RoundSigned8(const float* x, size_t n, int8_t* y) {
  return RoundSymmetric(x, n, y);
}
float RoundSigned16(const float* x, size_t n, int16_t* y) {
  return RoundSymmetric(x, n, y);
}

RowRange RoundUnsigned(const float* x, size_t n, int levels, uint8_t* y) {
  const Extremes extremes = ExtremesOf(x, n);
  const float range = extremes.max - extremes.min;
  if (!(range >= kLeastRange)) {
    std::fill_n(y, n, uint8_t{0});
    return {.scale = extremes.taint, .zero = 0};
  }
  const float factor = static_cast<float>(levels) / range;
  // An infinite range is tainted; whatever stands for its zero.
  const auto zero =
      std::isfinite(range)
          ? static_cast<int32_t>(std::lrint(-extremes.min * factor))
          : 0;
  RoundRow(x, n, factor, zero, 0, levels, y);
  return {.scale = range / static_cast<float>(levels) + extremes.taint,
          .zero = zero};
}

}  // namespace HWY_NAMESPACE
}  // namespace parley::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parley::kernels {

HWY_EXPORT(RoundSigned8);
HWY_EXPORT(RoundSigned16);
HWY_EXPORT(RoundUnsigned);

float RoundToInt8(absl::Span<const float> x, absl::Span<int8_t> y) {
  PARLEY_CHECK(x.size() == y.size()) << x.size() << " to " << y.size();
  return HWY_DYNAMIC_DISPATCH(RoundSigned8)(x.data(), x.size(), y.data());
}

float RoundToInt16(absl::Span<const float> x, absl::Span<int16_t> y) {
  PARLEY_CHECK(x.size() == y.size()) << x.size() << " to " << y.size();
  return HWY_DYNAMIC_DISPATCH(RoundSigned16)(x.data(), x.size(), y.data());
}

RowRange RoundToUint8(absl::Span<const float> x, int levels,
                      absl::Span<uint8_t> y) {
  PARLEY_CHECK(x.size() == y.size() && levels > 0 && levels <= 255)
      << x.size() << " to " << y.size() << ", " << levels;
  return HWY_DYNAMIC_DISPATCH(RoundUnsigned)(x.data(), x.size(), levels,
                                             y.data());
}

}  // namespace parley::kernels
#endif  // HWY_ONCE
