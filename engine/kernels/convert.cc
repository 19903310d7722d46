#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "base/log.h"
#include "engine/kernels/vector_ops.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/convert.cc"
#include "hwy/foreach_target.h"  // Must come before highway.h.
// clang-format off: its order matters.
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace parley::kernels {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Both take the bits of a number in the low half of each lane. Integer
// arithmetic, so that NaN payloads survive and the processor's treatment of
// subnormals does not matter.
struct F16Bits {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D du, hn::Vec<D> half) const {
    const hn::RebindToSigned<D> di;
    const hn::RebindToFloat<D> df;
    const auto sign = hn::ShiftLeft<16>(hn::And(half, hn::Set(du, 0x8000u)));
    const auto magnitude = hn::BitCast(di, hn::And(half, hn::Set(du, 0x7FFFu)));
    const auto rebias = hn::Set(di, (127 - 15) << 23);
    auto bits = hn::Add(hn::ShiftLeft<13>(magnitude), rebias);
    // Infinity and NaN: the greatest exponent stays the greatest.
    const auto special = hn::Gt(magnitude, hn::Set(di, 0x7BFF));
    bits = hn::IfThenElse(special, hn::Add(bits, rebias), bits);
    // Zero and subnormals are multiples of 2^-24.
    const auto small = hn::Lt(magnitude, hn::Set(di, 0x0400));
    const auto multiple = hn::Mul(hn::ConvertTo(df, magnitude),
                                  hn::Set(df, 5.9604644775390625e-8f));
    bits = hn::IfThenElse(small, hn::BitCast(di, multiple), bits);
    return hn::Or(hn::BitCast(du, bits), sign);
  }
};

struct BF16Bits {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D, hn::Vec<D> half) const {
    return hn::ShiftLeft<16>(half);
  }
};

// Integer arithmetic again: to nearest, ties to even; a NaN stays one.
void RoundToBF16Row(const float* x, uint16_t* y, size_t n) {
  const hn::ScalableTag<float> df;
  const hn::RebindToUnsigned<decltype(df)> du;
  const hn::Rebind<uint16_t, decltype(df)> dh;
  const size_t lanes = hn::Lanes(df);
  const auto round = [](auto d, auto bits) HWY_ATTR {
    const auto last = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 1u));
    const auto rounded =
        hn::ShiftRight<16>(hn::Add(bits, hn::Add(hn::Set(d, 0x7FFFu), last)));
    const auto magnitude = hn::And(bits, hn::Set(d, 0x7FFFFFFFu));
    const auto nan =
        hn::Or(hn::ShiftRight<16>(bits), hn::Set(d, 0x0040u));  // Quiet.
    return hn::IfThenElse(hn::Gt(magnitude, hn::Set(d, 0x7F800000u)), nan,
                          rounded);
  };
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto bits = hn::BitCast(du, hn::LoadU(df, x + i));
    hn::StoreU(hn::TruncateTo(dh, round(du, bits)), dh, y + i);
  }
  const hn::CappedTag<float, 1> df1;
  const hn::RebindToUnsigned<decltype(df1)> du1;
  for (; i < n; ++i) {
    const auto bits = hn::BitCast(du1, hn::LoadU(df1, x + i));
    y[i] = static_cast<uint16_t>(hn::GetLane(round(du1, bits)));
  }
}

template <class ToBits>
HWY_INLINE void WidenRow(const uint16_t* x, float* y, size_t n,
                         ToBits to_bits) {
  const hn::ScalableTag<float> df;
  const hn::RebindToUnsigned<decltype(df)> du;
  const hn::Rebind<uint16_t, decltype(df)> dh;
  const size_t lanes = hn::Lanes(df);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto half = hn::PromoteTo(du, hn::LoadU(dh, x + i));
    hn::StoreU(hn::BitCast(df, to_bits(du, half)), df, y + i);
  }
  const hn::CappedTag<float, 1> df1;
  const hn::RebindToUnsigned<decltype(df1)> du1;
  for (; i < n; ++i) {
    const auto half = hn::Set(du1, uint32_t{x[i]});
    hn::Store(hn::BitCast(df1, to_bits(du1, half)), df1, y + i);
  }
}

void WidenF16Row(const uint16_t* x, float* y, size_t n) {
  WidenRow(x, y, n, F16Bits());
}

void WidenBF16Row(const uint16_t* x, float* y, size_t n) {
  WidenRow(x, y, n, BF16Bits());
}

}  // namespace HWY_NAMESPACE
}  // namespace parley::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parley::kernels {

HWY_EXPORT(WidenF16Row);
HWY_EXPORT(WidenBF16Row);
HWY_EXPORT(RoundToBF16Row);

void ConvertF32ToBF16(absl::Span<const float> x, absl::Span<uint16_t> y) {
  PARLEY_CHECK(x.size() == y.size()) << x.size() << " to " << y.size();
  HWY_DYNAMIC_DISPATCH(RoundToBF16Row)(x.data(), y.data(), x.size());
}

void ConvertF16ToF32(absl::Span<const uint16_t> x, absl::Span<float> y) {
  PARLEY_CHECK(x.size() == y.size()) << x.size() << " to " << y.size();
  HWY_DYNAMIC_DISPATCH(WidenF16Row)(x.data(), y.data(), x.size());
}

void ConvertBF16ToF32(absl::Span<const uint16_t> x, absl::Span<float> y) {
  PARLEY_CHECK(x.size() == y.size()) << x.size() << " to " << y.size();
  HWY_DYNAMIC_DISPATCH(WidenBF16Row)(x.data(), y.data(), x.size());
}

}  // namespace parley::kernels
#endif  // HWY_ONCE
