#include "tools/local/converted_weights.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parley::tools {
namespace {

using ::parley::kernels::PackedShape;
using ::parley::kernels::PackedType;
using ::parley::kernels::PackedWeight;

constexpr size_t kAlignment = 64;
// So that progress comes often enough.
constexpr size_t kPieceBytes = size_t{4} << 20;

template <typename T>
absl::Span<const std::byte> BytesOf(absl::Span<const T> numbers) {
  return {reinterpret_cast<const std::byte*>(numbers.data()),
          numbers.size() * sizeof(T)};
}

// [num_panels, row_bytes / 4, 16, numbers in 4 bytes]
PlannedTensor PackedTensor(const std::string& name, const PackedShape& shape) {
  constexpr int64_t kGroupBytes = 4;
  return {.name = absl::StrCat(name, kPackedSuffix),
          .dtype = shape.type == PackedType::kInt8 ? DType::kI8 : DType::kBF16,
          .shape = {shape.num_panels(), shape.row_bytes() / kGroupBytes,
                    PackedShape::kPanelOutputs,
                    kGroupBytes / shape.element_bytes()}};
}

}  // namespace

ConvertedWeights::ConvertedWeights(ComputeType compute_type) {
  format_.compute_type = std::string(ComputeTypeName(compute_type));
}

void ConvertedWeights::AddProduct(const Product& product) {
  const bool is_new =
      format_.products.try_emplace(product.name, product.parts).second;
  if (is_new) AddPacked(product.name, product.weight);
  if (product.bias.empty()) return;
  Copy({.name = absl::StrCat(product.name, kBiasSuffix),
        .dtype = DType::kF32,
        .shape = {static_cast<int64_t>(product.bias.size())}},
       BytesOf(product.bias));
}

void ConvertedWeights::AddPacked(const std::string& name,
                                 const PackedWeight& weight) {
  const auto [stored, is_first] =
      packed_.try_emplace(weight.panels.data(), name);
  if (!is_first) {
    format_.shared.emplace(name, stored->second);
    return;
  }
  Share(PackedTensor(name, weight.shape), weight.panels, weight.owner);
  if (weight.shape.type != PackedType::kInt8) return;
  const Shape per_output = {weight.shape.padded_out()};
  Share({absl::StrCat(name, kScaleSuffix), DType::kF32, per_output},
        BytesOf(weight.scales), weight.owner);
  Share({absl::StrCat(name, kSumSuffix), DType::kI32, per_output},
        BytesOf(weight.sums), weight.owner);
}

void ConvertedWeights::AddTable(const std::string& name, const TensorView& rows,
                                absl::Span<const float> scales) {
  Copy({absl::StrCat(name, ".weight"), rows.dtype, rows.shape}, rows.data);
  if (scales.empty()) return;
  Copy({absl::StrCat(name, kScaleSuffix), DType::kF32, {rows.shape.front()}},
       BytesOf(scales));
}

// As a product without a bias: whichever comes first is stored, the other
// shares it.
void ConvertedWeights::AddPackedTable(const std::string& name,
                                      const PackedWeight& weight) {
  AddProduct({name, {name}, weight, {}});
}

void ConvertedWeights::AddTensor(const std::string& name, const Shape& shape,
                                 absl::Span<const float> numbers) {
  Copy({name, DType::kF32, shape}, BytesOf(numbers));
}

void ConvertedWeights::Share(PlannedTensor tensor,
                             absl::Span<const std::byte> bytes,
                             std::shared_ptr<const void> owner) {
  if (!names_.insert(tensor.name).second) return;
  entries_.push_back({std::move(tensor), bytes, std::move(owner)});
}

void ConvertedWeights::Copy(PlannedTensor tensor,
                            absl::Span<const std::byte> bytes) {
  if (names_.contains(tensor.name)) return;
  auto copy =
      std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
  const absl::Span<const std::byte> copied = *copy;
  Share(std::move(tensor), copied, std::move(copy));
}

// Whole lines of 64 bytes first, so that each of these begins at one, as the
// kernels read them; then by the size of a number, so that each begins at a
// multiple of it. In the order of loading besides.
std::vector<const ConvertedWeights::Entry*> ConvertedWeights::InOrder() const {
  std::vector<const Entry*> entries;
  for (const Entry& entry : entries_) entries.push_back(&entry);
  const auto rank = [](const Entry* entry) {
    const bool is_whole = entry->bytes.size() % kAlignment == 0;
    return std::tuple(
        is_whole ? 0 : 1,
        is_whole ? 0 : -static_cast<int>(DTypeBytes(entry->tensor.dtype)));
  };
  std::stable_sort(
      entries.begin(), entries.end(),
      [&](const Entry* a, const Entry* b) { return rank(a) < rank(b); });
  return entries;
}

absl::StatusOr<int64_t> ConvertedWeights::Write(
    const std::string& path,
    const std::function<void(double done)>& progress) const {
  const std::vector<const Entry*> entries = InOrder();
  SafetensorsPlan plan = {.metadata = ConvertedMetadata(format_),
                          .digest_prefix = std::string(kDigestPrefix)};
  for (const Entry* entry : entries) plan.tensors.push_back(entry->tensor);
  PARLEY_ASSIGN_OR_RETURN(const std::unique_ptr<SafetensorsWriter> writer,
                          SafetensorsWriter::Create(path, std::move(plan)));
  const auto num_bytes = static_cast<double>(writer->num_bytes());
  double num_written = 0;
  for (const Entry* entry : entries) {
    for (size_t begin = 0; begin < entry->bytes.size(); begin += kPieceBytes) {
      const absl::Span<const std::byte> piece =
          entry->bytes.subspan(begin, kPieceBytes);
      PARLEY_RETURN_IF_ERROR(writer->Write(entry->tensor.name, piece));
      num_written += static_cast<double>(piece.size());
      progress(num_written / num_bytes);
    }
  }
  PARLEY_RETURN_IF_ERROR(writer->Finish());
  return writer->num_bytes();
}

}  // namespace parley::tools
