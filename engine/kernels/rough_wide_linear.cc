#include "engine/kernels/rough_wide_linear.h"

#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "base/status_macros.h"
#include "engine/kernels/packed/packed_linear.h"
#include "engine/kernels/packed/packed_weight.h"
#include "engine/kernels/vector_ops.h"

namespace parley::kernels {
namespace {

// The greatest of the outputs' scales over their median, at most.
constexpr float kMaxScaleRatio = 8;

// Whether the bound of all outputs' errors is near that of most.
bool AreAlike(absl::Span<const float> scales) {
  const auto is_finite = [](float scale) { return std::isfinite(scale); };
  if (!absl::c_all_of(scales, is_finite)) return false;
  std::vector<float> sorted(scales.begin(), scales.end());
  absl::c_sort(sorted);
  return sorted.back() <= kMaxScaleRatio * sorted[sorted.size() / 2];
}

class RoughWideLinear final : public WideLinear {
 public:
  static absl::StatusOr<std::unique_ptr<WideLinear>> Make(PackedWeight rounded,
                                                          WideWeight weight) {
    PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<WideLinear> rough,
                            WideLinear::Create(rounded, weight.bias));
    return std::unique_ptr<WideLinear>(new RoughWideLinear(
        std::move(rough), std::move(rounded), std::move(weight)));
  }

  void Run(const float* x, int64_t num_rows, Consumer consume) const override {
    rough_->Run(x, num_rows, consume);
  }

  bool is_rough() const override { return true; }

  // Half a step of each number; and, for sums of n products in f32, n times
  // half a unit in their last place, here as in Result.
  float MaxError(const float* x) const override {
    const auto n = static_cast<float>(shape().in_features);
    constexpr float kMostOverUnit = 32767.0f / (1 << 24);
    return SumOfMagnitudes({x, static_cast<size_t>(shape().in_features)}) *
           max_scale_ * (0.51f + 2 * n * kMostOverUnit);
  }

  float Result(const float* x, int64_t output) const override {
    thread_local std::vector<float> row;
    row.resize(shape().in_features);
    weight_.read(output, absl::MakeSpan(row));
    const float sum = DotProduct({x, row.size()}, row);
    return weight_.bias.empty() ? sum : sum + weight_.bias[output];
  }

  absl::StatusOr<std::unique_ptr<WideLinear>> Select(
      absl::Span<const int32_t> outputs) const override {
    return Make(SelectOutputs(rounded_, outputs),
                SelectOutputs(weight_, outputs));
  }

  LinearShape shape() const override { return rough_->shape(); }

 private:
  RoughWideLinear(std::unique_ptr<WideLinear> rough, PackedWeight rounded,
                  WideWeight weight)
      : rough_(std::move(rough)),
        rounded_(std::move(rounded)),
        max_scale_(*absl::c_max_element(rounded_.scales)),
        weight_(std::move(weight)) {}

  const std::unique_ptr<WideLinear> rough_;
  const PackedWeight rounded_;  // Of rough_.
  const float max_scale_;
  const WideWeight weight_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<WideLinear>> CreateRoughWideLinear(
    const WideWeight& weight) {
  if (!FindKernel(PackedType::kInt16).ok()) return nullptr;
  PackedWeight rounded = Pack({.in_features = weight.shape.in_features,
                               .out_features = weight.shape.out_features,
                               .type = PackedType::kInt16},
                              weight.read);
  const auto num_outputs = static_cast<size_t>(weight.shape.out_features);
  if (!AreAlike(rounded.scales.first(num_outputs))) return nullptr;
  return RoughWideLinear::Make(std::move(rounded), weight);
}

}  // namespace parley::kernels
