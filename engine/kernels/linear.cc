#include "engine/kernels/linear.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/kernels/onednn/f32_linear.h"
#include "engine/kernels/packed/packed_linear.h"
#include "engine/kernels/packed/product.h"

namespace parley::kernels {
namespace {

absl::Status CheckSizes(const LinearShape& shape,
                        absl::Span<const float> weight,
                        absl::Span<const float> bias) {
  const int64_t weight_size = weight.size();
  const int64_t bias_size = bias.size();
  // By division: the product of sizes that nobody has checked may overflow.
  if (shape.in_features >= 1 && shape.out_features >= 1 &&
      weight_size % shape.in_features == 0 &&
      weight_size / shape.in_features == shape.out_features &&
      (bias_size == 0 || bias_size == shape.out_features)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("a linear layer of ", shape.in_features, " by ",
                   shape.out_features, " does not take a weight of ",
                   weight_size, " and a bias of ", bias_size, " numbers"));
}

}  // namespace

bool Supports(Precision precision) {
  return precision == Precision::kF32 ||
         FindKernel(PackedTypeOf(precision)).ok();
}

bool WidensBF16() {
  return BestPackedKernels().bf16_rows == RowFormat::Number::kF32;
}

absl::StatusOr<std::unique_ptr<Linear>> Linear::Create(
    const LinearShape& shape, absl::Span<const float> weight,
    absl::Span<const float> bias) {
  PARLEY_RETURN_IF_ERROR(CheckSizes(shape, weight, bias));
  if (shape.precision == Precision::kF32 &&
      !FindKernel(PackedType::kF32).ok()) {
    return CreateF32Linear(shape, weight, bias, WeightLifetime::kModel);
  }
  const size_t in_features = shape.in_features;
  return CreatePackedLinear(
      Pack({.in_features = shape.in_features,
            .out_features = shape.out_features,
            .type = PackedTypeOf(shape.precision)},
           [&](int64_t output, absl::Span<float> row) {
             absl::c_copy(weight.subspan(output * in_features, in_features),
                          row.begin());
           }),
      bias);
}

}  // namespace parley::kernels
