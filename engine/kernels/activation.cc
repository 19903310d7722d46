#include <cstddef>
#include <cstdint>

#include "absl/types/span.h"
#include "engine/kernels/vector_ops.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/activation.cc"
#include "hwy/foreach_target.h"  // Must come before highway.h.
// clang-format off: its order matters.
#include "engine/kernels/simd_math-inl.h"
#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace parley::kernels {
namespace HWY_NAMESPACE {

struct Relu {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, hn::Vec<D> x) const {
    return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);  // NaN stays.
  }
};

struct Swish {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, hn::Vec<D> x) const {
    // With e = exp(-|x|): x / (1 + e) for x >= 0, else x * e / (1 + e), where
    // e is multiplied in last, so that it need not be a normal number itself.
    const auto negative = hn::Lt(x, hn::Zero(d));
    const auto exponent = hn::Max(hn::Neg(hn::Abs(x)), hn::Set(d, -120.0f));
    const auto parts = SplitExp(d, exponent, hn::Zero(d));
    const auto e = ScaleByPowerOfTwo(d, parts.mantissa, parts.exponent);
    const auto quotient = hn::Div(x, hn::Add(e, hn::Set(d, 1.0f)));
    const auto product =
        ScaleByPowerOfTwo(d, hn::Mul(quotient, parts.mantissa), parts.exponent);
    // The clamped exponent is not small enough for every x below it.
    const auto vanishes = hn::Lt(x, hn::Set(d, -120.0f));
    return hn::IfThenZeroElse(vanishes,
                              hn::IfThenElse(negative, product, quotient));
  }
};

struct Gelu {
  // x * Phi(x) by Phi(-t) = exp(-t^2 / 2) * R(t), t = |x|. R(t) * (t + 2.5) is
  // a polynomial in (t - 2.5) / (t + 2.5), the variable of Shepherd &
  // Laframboise (1981); the coefficients are a minimax fit of our own for 0 <=
  // t <= 14.5, relative error 1.6e-8 before rounding.
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, hn::Vec<D> x) const {
    const hn::RebindToSigned<D> di;
    const auto t = hn::Min(hn::Abs(x), hn::Set(d, 14.5f));
    const auto inverse = Reciprocal(d, hn::Add(t, hn::Set(d, 2.5f)));
    const auto ratio = hn::Mul(
        Polynomial(d, hn::Mul(hn::Sub(t, hn::Set(d, 2.5f)), inverse)), inverse);
    const auto square = hn::Mul(t, t);
    const auto minus_half = hn::Set(d, -0.5f);
    const auto parts = SplitExp(d, hn::Mul(square, minus_half),
                                hn::Mul(SquareRest(d, t, square), minus_half));
    // Phi(-t) times 2^48, so that it is a normal number.
    const auto tail = hn::BitCast(
        d, hn::Add(hn::BitCast(di, hn::Mul(ratio, parts.mantissa)),
                   hn::ShiftLeft<23>(
                       hn::Add(parts.exponent, hn::Set(di, kTailExponent)))));
    const auto unit = hn::Set(d, 0x1p-48f);
    const auto positive =
        hn::Mul(x, hn::NegMulAdd(tail, unit, hn::Set(d, 1.0f)));
    const auto negative = hn::Mul(hn::Mul(x, tail), unit);
    const auto vanishes = hn::Lt(x, hn::Set(d, -14.5f));
    return hn::IfThenZeroElse(
        vanishes, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), negative, positive));
  }

  static constexpr int kTailExponent = 48;

  // 1 / v for v from 2.5 to 17, within two units in the last place: a step of
  // Newton's after an approximation takes a fraction of a division's time.
  template <class D>
  static HWY_INLINE hn::Vec<D> Reciprocal(D d, hn::Vec<D> v) {
#if HWY_TARGET <= HWY_AVX3
    const auto first = hn::ApproximateReciprocal(v);  // Of 14 bits.
    const auto rest = hn::NegMulAdd(v, first, hn::Set(d, 1.0f));
    return hn::MulAdd(first, rest, first);
#else
    return hn::Div(hn::Set(d, 1.0f), v);
#endif
  }

  // t^2 - square, where square is t^2 rounded.
  template <class D>
  static HWY_INLINE hn::Vec<D> SquareRest(D d, hn::Vec<D> t,
                                          hn::Vec<D> square) {
#if HWY_NATIVE_FMA
    return hn::MulSub(t, t, square);
#else
    // By halves of its bits, whose products are exact (Dekker 1971).
    const hn::RebindToUnsigned<D> du;
    const auto upper =
        hn::BitCast(d, hn::And(hn::BitCast(du, t), hn::Set(du, 0xFFFFF000u)));
    const auto lower = hn::Sub(t, upper);
    const auto of_upper = hn::Sub(hn::Mul(upper, upper), square);
    const auto mixed = hn::Mul(hn::Add(upper, upper), lower);
    return hn::Add(hn::Add(of_upper, mixed), hn::Mul(lower, lower));
#endif
  }

  template <class D>
  static HWY_INLINE hn::Vec<D> Polynomial(D d, hn::Vec<D> u) {
    auto p = hn::Set(d, -0.000157266375f);
    p = hn::MulAdd(p, u, hn::Set(d, -0.0003108643577f));
    p = hn::MulAdd(p, u, hn::Set(d, 0.0006843442679f));
    p = hn::MulAdd(p, u, hn::Set(d, 0.002523296745f));
    p = hn::MulAdd(p, u, hn::Set(d, -0.001600961084f));
    p = hn::MulAdd(p, u, hn::Set(d, -0.01638602093f));
    p = hn::MulAdd(p, u, hn::Set(d, 0.009235914797f));
    p = hn::MulAdd(p, u, hn::Set(d, 0.1319869608f));
    p = hn::MulAdd(p, u, hn::Set(d, -0.4336920083f));
    return hn::MulAdd(p, u, hn::Set(d, 0.7066566348f));
  }
};

struct GeluTanh {
  // 0.5 * x * (1 + tanh(w / 2)) is x / (1 + exp(-w)). In double precision,
  // because an error of w's last bit in single precision is many of the result.
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, hn::Vec<D> x) const {
    const hn::Rebind<double, D> dd;
    const auto wide = hn::PromoteTo(dd, x);
    const auto one = hn::Set(dd, 1.0);
    // -w = -2 * sqrt(2 / pi) * (x + 0.044715 * x^3).
    const auto cubic =
        hn::MulAdd(hn::Mul(wide, wide), hn::Set(dd, 0.044715), one);
    const auto minus_w =
        hn::Mul(hn::Mul(wide, cubic), hn::Set(dd, -1.5957691216057308));
    const auto clamped =
        hn::Max(hn::Min(minus_w, hn::Set(dd, 700.0)), hn::Set(dd, -700.0));
    const auto e = hn::Exp(dd, clamped);
    return hn::DemoteTo(d, hn::Div(wide, hn::Add(one, e)));
  }
};

struct Tanh {
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, hn::Vec<D> x) const {
    return hn::Tanh(d, x);
  }
};

template <class D, class Function>
HWY_INLINE void TransformRow(D d, float* x, size_t n, Function function) {
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(function(d, hn::LoadU(d, x + i)), d, x + i);
  }
  if (i < n) {
    const auto v = LoadPartial(d, x + i, n - i, 0.0f);
    StorePartial(d, function(d, v), x + i, n - i);
  }
}

void ActivateRow(Activation activation, float* x, size_t n) {
  const hn::ScalableTag<float> d;
  // As many floats as a vector has doubles.
  const hn::Rebind<float, hn::ScalableTag<double>> narrow;
  switch (activation) {
    case Activation::kRelu:
      return TransformRow(d, x, n, Relu());
    case Activation::kSwish:
      return TransformRow(d, x, n, Swish());
    case Activation::kGelu:
      return TransformRow(d, x, n, Gelu());
    case Activation::kGeluTanh:
      return TransformRow(narrow, x, n, GeluTanh());
    case Activation::kTanh:
      return TransformRow(d, x, n, Tanh());
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace parley::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parley::kernels {

HWY_EXPORT(ActivateRow);

void Activate(Activation activation, absl::Span<float> x) {
  HWY_DYNAMIC_DISPATCH(ActivateRow)(activation, x.data(), x.size());
}

}  // namespace parley::kernels
#endif  // HWY_ONCE
