#include "engine/models/stored_products.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parley {
namespace {

using kernels::PackedShape;
using kernels::PackedType;
using kernels::PackedWeight;

constexpr size_t kPanelAlignment = PackedShape::kChunkBytes;

template <typename Number>
absl::Span<const Number> NumbersOf(const TensorView& tensor) {
  return {reinterpret_cast<const Number*>(tensor.data.data()),
          tensor.data.size() / sizeof(Number)};
}

absl::Status CheckAlignment(const WeightFile& file, absl::string_view name,
                            const TensorView& tensor, size_t alignment) {
  if (reinterpret_cast<uintptr_t>(tensor.data.data()) % alignment == 0) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(file.path(), ": tensor ", name,
                   " does not begin at a multiple of ", alignment, " bytes"));
}

}  // namespace

bool StoredProducts::HasWeight(absl::string_view part) const {
  return format_.shared.contains(part) ||
         absl::c_any_of(format_.products, [&](const auto& product) {
           return absl::c_linear_search(product.second, part);
         });
}

bool StoredProducts::HasBias(absl::string_view part) const {
  return absl::c_any_of(format_.products, [&](const auto& product) {
    return absl::c_linear_search(product.second, part) &&
           file_->Find(absl::StrCat(product.first, kBiasSuffix)) != nullptr;
  });
}

bool StoredProducts::Holds(absl::string_view product) const {
  return format_.products.contains(product) || format_.shared.contains(product);
}

absl::StatusOr<const TensorView*> StoredProducts::Find(
    absl::string_view name, DType dtype, const Shape& shape) const {
  const TensorView* tensor = file_->Find(name);
  if (tensor == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(file_->path(), ": tensor ", name, " is missing"));
  }
  if (tensor->dtype != dtype || tensor->shape != shape) {
    return absl::InvalidArgumentError(absl::StrCat(
        file_->path(), ": tensor ", name, " is ", DTypeName(tensor->dtype), " ",
        ShapeToString(tensor->shape), ", expected ", DTypeName(dtype), " ",
        ShapeToString(shape)));
  }
  PARLEY_RETURN_IF_ERROR(
      CheckAlignment(*file_, name, *tensor, DTypeBytes(dtype)));
  return tensor;
}

absl::StatusOr<PackedWeight> StoredProducts::Load(
    absl::string_view product, const PackedShape& shape) const {
  const absl::string_view stored = format_.StoredName(product);
  const bool is_int8 = shape.type == PackedType::kInt8;
  const std::string name = absl::StrCat(stored, kPackedSuffix);
  PARLEY_ASSIGN_OR_RETURN(
      const TensorView* panels,
      Find(name, is_int8 ? DType::kI8 : DType::kBF16,
           {shape.num_panels(), shape.row_bytes() / 4,
            PackedShape::kPanelOutputs, 4 / shape.element_bytes()}));
  PARLEY_RETURN_IF_ERROR(
      CheckAlignment(*file_, name, *panels, kPanelAlignment));
  PackedWeight weight = {
      .shape = shape, .panels = panels->data, .owner = file_};
  if (!is_int8) return weight;
  const Shape per_output = {shape.padded_out()};
  PARLEY_ASSIGN_OR_RETURN(
      const TensorView* scales,
      Find(absl::StrCat(stored, kScaleSuffix), DType::kF32, per_output));
  PARLEY_ASSIGN_OR_RETURN(
      const TensorView* sums,
      Find(absl::StrCat(stored, kSumSuffix), DType::kI32, per_output));
  weight.scales = NumbersOf<float>(*scales);
  weight.sums = NumbersOf<int32_t>(*sums);
  return weight;
}

absl::StatusOr<FloatBuffer> StoredProducts::LoadBias(
    absl::string_view product, int64_t out_features) const {
  const std::string name = absl::StrCat(product, kBiasSuffix);
  if (file_->Find(name) == nullptr) return FloatBuffer();
  PARLEY_ASSIGN_OR_RETURN(const TensorView* tensor,
                          Find(name, DType::kF32, {out_features}));
  FloatBuffer bias = FloatBuffer::Uninitialized(out_features);
  std::memcpy(bias.data(), tensor->data.data(), tensor->data.size());
  return bias;
}

absl::StatusOr<EmbeddingTable> StoredProducts::LoadTable(
    absl::string_view name, const Shape& shape) const {
  const std::string rows_name = absl::StrCat(name, ".weight");
  const bool is_int8 = format_.compute_type == "int8";
  PARLEY_ASSIGN_OR_RETURN(
      const TensorView* rows,
      Find(rows_name, is_int8 ? DType::kI8 : DType::kBF16, shape));
  if (!is_int8) return EmbeddingTable(*rows, file_);
  PARLEY_ASSIGN_OR_RETURN(
      const TensorView* scales,
      Find(absl::StrCat(name, kScaleSuffix), DType::kF32, {shape[0]}));
  return EmbeddingTable(*rows, NumbersOf<float>(*scales), file_);
}

}  // namespace parley
