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

#if HWY_TARGET <= HWY_AVX3

// Phi(-t) for t from 0 to 6, in steps: near t = 0.4 i it is a polynomial in
// v = t / 0.4 - i, |v| <= 0.5. A minimax fit of our own, relative error 4e-9
// for small t and 6e-5 near 5.6, where the value is 1e-8; 0 beyond 5.8. [power
// of v, from the highest][i]
alignas(64) constexpr float kNormalTail[6][16] = {
    {-0.000101283265f, -6.38222264e-05f, 1.10824321e-05f, 5.87132199e-05f,
     5.42169182e-05f, 2.24878913e-05f, -3.25169412e-06f, -1.16769725e-05f,
     -9.29172802e-06f, -4.761117e-06f, -1.81153405e-06f, -5.39074335e-07f,
     -1.28719563e-07f, -2.50333052e-08f, -4.00388389e-09f, 0.0f},
    {0.0f, -0.000442065852f, -0.000578985841f, -0.000386425585f,
     -8.47887204e-05f, 0.000113150614f, 0.000157171395f, 0.000114327813f,
     5.91871685e-05f, 2.36418819e-05f, 7.54338498e-06f, 1.95851726e-06f,
     4.18444756e-07f, 7.41148867e-08f, 1.0939492e-08f, 0.0f},
    {0.00425527897f, 0.00329943933f, 0.00111221604f, -0.00091137155f,
     -0.00184554688f, -0.00172752538f, -0.0011369586f, -0.000577518891f,
     -0.000235019004f, -7.80982882e-05f, -2.14314332e-05f, -4.89176728e-06f,
     -9.33332217e-07f, -1.49386253e-07f, -2.01115977e-08f, 0.0f},
    {0.0f, 0.0117842555f, 0.0185398497f, 0.0186417382f, 0.0141980024f,
     0.00863873959f, 0.00429984601f, 0.00177306985f, 0.000610303076f,
     0.000176207148f, 4.28154235e-05f, 8.7761091e-06f, 1.52014911e-06f,
     2.22806889e-07f, 2.766145e-08f, 0.0f},
    {-0.159576908f, -0.147308037f, -0.115876608f, -0.0776744187f,
     -0.0443683453f, -0.0215963982f, -0.00895781815f, -0.00316618057f,
     -0.000953632756f, -0.000244758528f, -5.35309118e-05f, -9.97653842e-06f,
     -1.58438763e-06f, -2.14410832e-07f, -2.47247698e-08f, 0.0f},
    {0.5f, 0.344578266f, 0.211855412f, 0.115069672f, 0.0547992885f,
     0.0227501299f, 0.00819753483f, 0.00255513028f, 0.000687138236f,
     0.000159108837f, 3.16713558e-05f, 5.41258305e-06f, 7.93338359e-07f,
     9.96463285e-08f, 1.07179217e-08f, 0.0f},
};

struct Gelu {
  // x * Phi(x) = max(x, 0) - |x| * Phi(-|x|). What torch has, which adds 1 to
  // erf(x / sqrt(2)) in single precision, is off by as much: some 6e-8 |x|.
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, hn::Vec<D> x) const {
    // A NaN becomes 6 here, and stays one in what is subtracted from.
    const auto t = hn::Min(hn::Abs(x), hn::Set(d, 6.0f));
    const auto scaled = hn::Mul(t, hn::Set(d, 2.5f));
    const auto step = hn::NearestInt(scaled);
    const auto v = hn::Sub(scaled, hn::ConvertTo(d, step));
    const auto at = hn::IndicesFromVec(d, step);
    auto tail = hn::TableLookupLanes(hn::Load(d, kNormalTail[0]), at);
    for (int power = 1; power < 6; ++power) {
      tail = hn::MulAdd(
          tail, v, hn::TableLookupLanes(hn::Load(d, kNormalTail[power]), at));
    }
    return hn::NegMulAdd(t, tail, Relu()(d, x));
  }
};

#else

struct Gelu {
  // x * Phi(x) by Phi(-t) = exp(-t^2 / 2) * R(t), t = |x|. R(t) * (t + 2.5) is
  // a polynomial in (t - 2.5) / (t + 2.5), the variable of Shepherd &
  // Laframboise (1981); the coefficients are a minimax fit of our own for 0 <=
  // t <= 14.5, relative error 1.6e-8 before rounding.
  template <class D>
  HWY_INLINE hn::Vec<D> operator()(D d, hn::Vec<D> x) const {
    const hn::RebindToSigned<D> di;
    const auto t = hn::Min(hn::Abs(x), hn::Set(d, 14.5f));
    const auto inverse =
        hn::Div(hn::Set(d, 1.0f), hn::Add(t, hn::Set(d, 2.5f)));
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

#endif  // HWY_TARGET

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
