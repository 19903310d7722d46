#include <cmath>
#include <cstddef>

#include "absl/types/span.h"
#include "base/log.h"
#include "engine/kernels/vector_ops.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/normalization.cc"
#include "hwy/foreach_target.h"  // Must come before highway.h.
// clang-format off: its order matters.
#include "engine/kernels/simd_math-inl.h"
#include "hwy/highway.h"
// clang-format on

HWY_BEFORE_NAMESPACE();
namespace parley::kernels {
namespace HWY_NAMESPACE {

using FloatTag = hn::ScalableTag<float>;

float SumOfRow(const float* x, size_t n) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  auto sum0 = hn::Zero(d);
  auto sum1 = hn::Zero(d);
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    sum0 = hn::Add(sum0, hn::LoadU(d, x + i));
    sum1 = hn::Add(sum1, hn::LoadU(d, x + i + lanes));
  }
  for (; i < n; i += lanes) {
    const size_t left = n - i;
    sum0 = hn::Add(sum0, left >= lanes ? hn::LoadU(d, x + i)
                                       : LoadPartial(d, x + i, left, 0.0f));
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
}

float SumOfSquaredDeviations(const float* x, float mean, size_t n) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const auto means = hn::Set(d, mean);
  auto sum0 = hn::Zero(d);
  auto sum1 = hn::Zero(d);
  size_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    const auto v0 = hn::Sub(hn::LoadU(d, x + i), means);
    const auto v1 = hn::Sub(hn::LoadU(d, x + i + lanes), means);
    sum0 = hn::MulAdd(v0, v0, sum0);
    sum1 = hn::MulAdd(v1, v1, sum1);
  }
  for (; i < n; i += lanes) {
    const size_t left = n - i;
    const auto v =
        left >= lanes ? hn::LoadU(d, x + i) : LoadPartial(d, x + i, left, mean);
    const auto deviation = hn::Sub(v, means);
    sum0 = hn::MulAdd(deviation, deviation, sum0);
  }
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
}

// x, scale, shift, y: [n]; y may be x.
void NormalizeRow(const float* x, const LayerNormWeights& weights, float* y,
                  size_t n) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const float mean = SumOfRow(x, n) / static_cast<float>(n);
  const float variance =
      SumOfSquaredDeviations(x, mean, n) / static_cast<float>(n);
  const float factor = 1.0f / std::sqrt(variance + weights.epsilon);
  const float* scale = weights.scale.data();
  const float* shift = weights.shift.data();
  const auto means = hn::Set(d, mean);
  const auto factors = hn::Set(d, factor);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const auto v = hn::Mul(hn::Sub(hn::LoadU(d, x + i), means), factors);
    hn::StoreU(hn::MulAdd(v, hn::LoadU(d, scale + i), hn::LoadU(d, shift + i)),
               d, y + i);
  }
  for (; i < n; ++i) y[i] = (x[i] - mean) * factor * scale[i] + shift[i];
}

void AddAndNormalizeRow(const float* delta, const LayerNormWeights& weights,
                        float* x, size_t n) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::Add(hn::LoadU(d, x + i), hn::LoadU(d, delta + i)), d, x + i);
  }
  for (; i < n; ++i) x[i] += delta[i];
  NormalizeRow(x, weights, x, n);
}

// x, shift, y: [n]; y may be x or shift.
void ScaleAddRow(const float* x, float factor, const float* shift, float* y,
                 size_t n) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const auto factors = hn::Set(d, factor);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(
        hn::MulAdd(hn::LoadU(d, x + i), factors, hn::LoadU(d, shift + i)), d,
        y + i);
  }
  for (; i < n; ++i) y[i] = x[i] * factor + shift[i];
}

void MultiplyRow(const float* x, float* y, size_t n) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    hn::StoreU(hn::Mul(hn::LoadU(d, x + i), hn::LoadU(d, y + i)), d, y + i);
  }
  for (; i < n; ++i) y[i] *= x[i];
}

}  // namespace HWY_NAMESPACE
}  // namespace parley::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parley::kernels {

HWY_EXPORT(NormalizeRow);
HWY_EXPORT(AddAndNormalizeRow);
HWY_EXPORT(ScaleAddRow);
HWY_EXPORT(MultiplyRow);

void LayerNorm(absl::Span<const float> x, const LayerNormWeights& weights,
               absl::Span<float> y) {
  PARLEY_CHECK(y.size() == x.size() && weights.scale.size() == x.size() &&
               weights.shift.size() == x.size())
      << x.size();
  if (x.empty()) return;
  HWY_DYNAMIC_DISPATCH(NormalizeRow)(x.data(), weights, y.data(), x.size());
}

void AddLayerNorm(absl::Span<const float> delta,
                  const LayerNormWeights& weights, absl::Span<float> x) {
  PARLEY_CHECK(delta.size() == x.size() && weights.scale.size() == x.size() &&
               weights.shift.size() == x.size())
      << x.size();
  if (x.empty()) return;
  HWY_DYNAMIC_DISPATCH(AddAndNormalizeRow)
  (delta.data(), weights, x.data(), x.size());
}

void ScaleAdd(absl::Span<const float> x, float factor,
              absl::Span<const float> shift, absl::Span<float> y) {
  PARLEY_CHECK(shift.size() == x.size() && y.size() == x.size()) << x.size();
  HWY_DYNAMIC_DISPATCH(ScaleAddRow)
  (x.data(), factor, shift.data(), y.data(), x.size());
}

void Multiply(absl::Span<const float> x, absl::Span<float> y) {
  PARLEY_CHECK(y.size() == x.size()) << x.size();
  HWY_DYNAMIC_DISPATCH(MultiplyRow)(x.data(), y.data(), x.size());
}

}  // namespace parley::kernels
#endif  // HWY_ONCE
