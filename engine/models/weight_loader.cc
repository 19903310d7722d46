#include "engine/models/weight_loader.h"

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "engine/kernels/packed/packed_linear.h"
#include "engine/layers/widen.h"

namespace parley {
namespace {

using kernels::PackedShape;
using kernels::PackedWeight;
using kernels::Precision;

std::string WeightOf(absl::string_view part) {
  return absl::StrCat(part, ".weight");
}
std::string BiasOf(absl::string_view part) {
  return absl::StrCat(part, ".bias");
}

// "a.b.query" and "a.b.key" as one: "a.b.query_key".
std::string ProductName(const std::vector<std::string>& parts) {
  std::string name = parts.front();
  for (size_t i = 1; i < parts.size(); ++i) {
    absl::StrAppend(&name, "_", parts[i].substr(parts[i].rfind('.') + 1));
  }
  return name;
}

absl::Status Misplaced(const TensorMap& tensors, absl::string_view name) {
  return absl::InvalidArgumentError(
      absl::StrCat(tensors.file()->path(), ": ", name,
                   " is stored in a form that is not expected of it"));
}

// Reads rows of a stored tensor [rows, columns] as floats.
class RowReader {
 public:
  explicit RowReader(const TensorView& tensor)
      : tensor_(&tensor),
        row_bytes_(tensor.shape.back() * DTypeBytes(tensor.dtype)) {}

  void operator()(int64_t row, absl::Span<float> numbers) const {
    WidenToF32(tensor_->dtype,
               tensor_->data.subspan(row * row_bytes_, row_bytes_), numbers);
  }

 private:
  const TensorView* tensor_;
  size_t row_bytes_;
};

// The rows of several tensors of one width, one after the other.
class PartsReader {
 public:
  PartsReader(const TensorMap& tensors, const std::vector<std::string>& parts) {
    for (const std::string& part : parts) {
      const TensorView& tensor = tensors.Get(WeightOf(part));
      readers_.push_back({num_rows_, RowReader(tensor)});
      num_rows_ += tensor.shape.front();
      width_ = tensor.shape.back();
    }
  }

  int64_t num_rows() const { return num_rows_; }
  int64_t width() const { return width_; }

  void operator()(int64_t row, absl::Span<float> numbers) const {
    size_t part = readers_.size() - 1;
    while (readers_[part].first > row) --part;
    readers_[part].second(row - readers_[part].first, numbers);
  }

 private:
  std::vector<std::pair<int64_t, RowReader>> readers_;  // From which row on.
  int64_t num_rows_ = 0;
  int64_t width_ = 0;
};

// The biases of parts one after the other; empty where they have none.
FloatBuffer JoinBiases(const TensorMap& tensors,
                       const std::vector<std::string>& parts) {
  if (!tensors.Has(BiasOf(parts.front()))) return {};
  std::vector<FloatBuffer> biases;
  int64_t size = 0;
  for (const std::string& part : parts) {
    biases.push_back(tensors.Load(BiasOf(part)));
    size += biases.back().size();
  }
  FloatBuffer joined = FloatBuffer::Uninitialized(size);
  float* end = joined.data();
  for (const FloatBuffer& bias : biases) {
    end = std::copy(bias.span().begin(), bias.span().end(), end);
  }
  return joined;
}

absl::StatusOr<std::unique_ptr<kernels::Linear>> MakeFullLinear(
    int64_t in_features, int64_t out_features, const kernels::ReadOutput& read,
    absl::Span<const float> bias) {
  FloatBuffer weight = FloatBuffer::Uninitialized(in_features * out_features);
  for (int64_t row = 0; row < out_features; ++row) {
    read(row, weight.span().subspan(row * in_features, in_features));
  }
  return kernels::Linear::Create(
      {.in_features = in_features, .out_features = out_features}, weight.span(),
      bias);
}

}  // namespace

WeightLoader::WeightLoader(const TensorMap& tensors,
                           const WeightOptions& options)
    : tensors_(tensors), options_(options) {}

kernels::PackedType WeightLoader::type() const {
  return kernels::PackedTypeOf(options_.precision);
}

absl::StatusOr<WeightLoader::StoredProduct> WeightLoader::LoadStored(
    const std::string& name, int64_t in_features, int64_t out_features) const {
  const StoredProducts& products = *tensors_.products();
  StoredProduct stored;
  PARLEY_ASSIGN_OR_RETURN(stored.weight,
                          products.Load(name, {.in_features = in_features,
                                               .out_features = out_features,
                                               .type = type()}));
  PARLEY_ASSIGN_OR_RETURN(stored.bias, products.LoadBias(name, out_features));
  return stored;
}

absl::StatusOr<std::unique_ptr<kernels::Linear>> WeightLoader::LoadStoredParts(
    const std::string& name, const std::vector<std::string>& parts) const {
  int64_t out_features = 0;
  for (const std::string& part : parts) {
    out_features += tensors_.ShapeOf(WeightOf(part)).front();
  }
  const int64_t in_features = tensors_.ShapeOf(WeightOf(parts.front())).back();
  PARLEY_ASSIGN_OR_RETURN(StoredProduct stored,
                          LoadStored(name, in_features, out_features));
  return kernels::CreatePackedLinear(std::move(stored.weight),
                                     stored.bias.span());
}

absl::StatusOr<EmbeddingTable> WeightLoader::LoadStoredTable(
    const std::string& name) const {
  const Shape& shape = tensors_.ShapeOf(WeightOf(name));
  const StoredProducts& products = *tensors_.products();
  if (!products.HasWeight(name)) return products.LoadTable(name, shape);
  PARLEY_ASSIGN_OR_RETURN(PackedWeight weight,
                          products.Load(name, {.in_features = shape.back(),
                                               .out_features = shape.front(),
                                               .type = type()}));
  return EmbeddingTable(std::move(weight));
}

absl::Status WeightLoader::CheckPlain(
    const std::vector<std::string>& parts) const {
  for (const std::string& part : parts) {
    for (const std::string& name : {WeightOf(part), BiasOf(part)}) {
      if (tensors_.Has(name) && !tensors_.IsPlain(name)) {
        return Misplaced(tensors_, name);
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<kernels::Linear>> WeightLoader::LoadParts(
    const std::string& name, const std::vector<std::string>& parts,
    Precision precision) {
  if (tensors_.products() != nullptr && tensors_.products()->Holds(name)) {
    return LoadStoredParts(name, parts);
  }
  PARLEY_RETURN_IF_ERROR(CheckPlain(parts));
  if (precision != Precision::kF32) return PackParts(name, parts);
  const PartsReader read(tensors_, parts);
  const FloatBuffer bias = JoinBiases(tensors_, parts);
  return MakeFullLinear(read.width(), read.num_rows(), read, bias.span());
}

absl::StatusOr<std::unique_ptr<kernels::Linear>> WeightLoader::PackParts(
    const std::string& name, const std::vector<std::string>& parts) {
  const PartsReader read(tensors_, parts);
  const FloatBuffer bias = JoinBiases(tensors_, parts);
  // A single tensor may be shared with others.
  PackedWeight weight = parts.size() == 1
                            ? PackTensor(tensors_.Get(WeightOf(parts.front())))
                            : kernels::Pack({.in_features = read.width(),
                                             .out_features = read.num_rows(),
                                             .type = type()},
                                            read);
  if (options_.sink != nullptr) {
    options_.sink->AddProduct({name, parts, weight, bias.span()});
  }
  return kernels::CreatePackedLinear(std::move(weight), bias.span());
}

PackedWeight WeightLoader::PackTensor(const TensorView& tensor) {
  const auto [found, is_new] = packed_.try_emplace(tensor.data.data());
  if (is_new) {
    found->second = kernels::Pack({.in_features = tensor.shape.back(),
                                   .out_features = tensor.shape.front(),
                                   .type = type()},
                                  RowReader(tensor));
  }
  return found->second;
}

absl::StatusOr<std::unique_ptr<kernels::Linear>> WeightLoader::LoadLinear(
    const std::vector<std::string>& names) {
  return LoadParts(ProductName(names), names, options_.precision);
}

absl::StatusOr<std::unique_ptr<kernels::Linear>> WeightLoader::LoadFullLinear(
    const std::string& name) {
  if (options_.sink != nullptr) {
    LoadFloats(WeightOf(name));
    if (tensors_.Has(BiasOf(name))) LoadFloats(BiasOf(name));
  }
  return LoadParts(name, {name}, Precision::kF32);
}

absl::StatusOr<std::unique_ptr<kernels::Linear>> WeightLoader::LoadRows(
    const Rows& rows) {
  if (tensors_.products() != nullptr) {
    PARLEY_ASSIGN_OR_RETURN(
        StoredProduct stored,
        LoadStored(rows.name, tensors_.ShapeOf(WeightOf(rows.part)).back(),
                   rows.count));
    return kernels::CreatePackedLinear(std::move(stored.weight),
                                       stored.bias.span());
  }
  const TensorView& tensor = tensors_.Get(WeightOf(rows.part));
  const auto read = [reader = RowReader(tensor), first = rows.first](
                        int64_t row, absl::Span<float> numbers) {
    reader(first + row, numbers);
  };
  const FloatBuffer biases = JoinBiases(tensors_, {rows.part});
  const absl::Span<const float> bias =
      biases.size() == 0 ? biases.span()
                         : biases.span().subspan(rows.first, rows.count);
  if (!IsPacked()) {
    return MakeFullLinear(tensor.shape.back(), rows.count, read, bias);
  }
  PackedWeight weight = kernels::Pack({.in_features = tensor.shape.back(),
                                       .out_features = rows.count,
                                       .type = type()},
                                      read);
  if (options_.sink != nullptr) {
    options_.sink->AddProduct({rows.name, {rows.part}, weight, bias});
  }
  return kernels::CreatePackedLinear(std::move(weight), bias);
}

absl::StatusOr<std::unique_ptr<kernels::WideLinear>> WeightLoader::LoadWide(
    const std::string& part, const std::string& bias_name) {
  if (tensors_.products() != nullptr) {
    const Shape& shape = tensors_.ShapeOf(WeightOf(part));
    PARLEY_ASSIGN_OR_RETURN(StoredProduct stored,
                            LoadStored(part, shape.back(), shape.front()));
    return kernels::WideLinear::Create(std::move(stored.weight),
                                       stored.bias.span());
  }
  const TensorView& tensor = tensors_.Get(WeightOf(part));
  FloatBuffer bias;
  if (tensors_.Has(bias_name)) bias = tensors_.Load(bias_name);
  if (!IsPacked()) {
    return kernels::WideLinear::Create(
        {.shape = {.in_features = tensor.shape.back(),
                   .out_features = tensor.shape.front()},
         .read = [reader = RowReader(tensor), file = tensors_.file()](
                     int64_t row,
                     absl::Span<float> numbers) { reader(row, numbers); },
         .bias = {bias.span().begin(), bias.span().end()}});
  }
  PackedWeight weight = PackTensor(tensor);
  if (options_.sink != nullptr) {
    options_.sink->AddProduct({part, {part}, weight, bias.span()});
  }
  return kernels::WideLinear::Create(std::move(weight), bias.span());
}

absl::StatusOr<EmbeddingTable> WeightLoader::LoadTable(
    const std::string& name) {
  if (tensors_.products() != nullptr) return LoadStoredTable(name);
  const TensorView& tensor = tensors_.Get(WeightOf(name));
  if (!IsPacked()) return EmbeddingTable(tensor, tensors_.file());
  // What a product has packed, or will, serves as a table too.
  if (tensors_.NumRowsOf(tensor) > 1) {
    PackedWeight weight = PackTensor(tensor);
    if (options_.sink != nullptr) options_.sink->AddPackedTable(name, weight);
    return EmbeddingTable(std::move(weight));
  }
  return NarrowTable(name, tensor);
}

EmbeddingTable WeightLoader::NarrowTable(const std::string& name,
                                         const TensorView& tensor) {
  EmbeddingTable table = EmbeddingTable::Narrow(tensor, options_.precision);
  if (options_.sink != nullptr) {
    options_.sink->AddTable(name, table.rows(), table.scales());
  }
  return table;
}

FloatBuffer WeightLoader::LoadFloats(const std::string& name) {
  if (!tensors_.IsPlain(name)) {
    status_.Update(Misplaced(tensors_, name));
    int64_t size = 1;
    for (const int64_t extent : tensors_.ShapeOf(name)) size *= extent;
    return FloatBuffer(size);
  }
  FloatBuffer numbers = tensors_.Load(name);
  if (options_.sink != nullptr) {
    options_.sink->AddTensor(name, tensors_.Get(name).shape, numbers.span());
  }
  return numbers;
}

NormWeights WeightLoader::LoadNorm(absl::string_view name, float epsilon) {
  NormWeights weights = {.scale = LoadFloats(WeightOf(name)),
                         .epsilon = epsilon};
  const std::string bias = BiasOf(name);
  weights.shift =
      tensors_.Has(bias) ? LoadFloats(bias) : FloatBuffer(weights.scale.size());
  return weights;
}

absl::StatusOr<SelfAttentionWeights> WeightLoader::LoadSelfAttention(
    absl::string_view prefix, float epsilon) {
  const std::string name = absl::StrCat(prefix, ".self_attention");
  SelfAttentionWeights weights;
  PARLEY_ASSIGN_OR_RETURN(
      weights.query_key_value,
      LoadLinear({absl::StrCat(name, ".query"), absl::StrCat(name, ".key"),
                  absl::StrCat(name, ".value")}));
  PARLEY_ASSIGN_OR_RETURN(weights.output,
                          LoadLinear({absl::StrCat(name, ".output")}));
  weights.norm = LoadNorm(absl::StrCat(name, "_norm"), epsilon);
  return weights;
}

absl::StatusOr<CrossAttentionWeights> WeightLoader::LoadCrossAttention(
    absl::string_view prefix, float epsilon) {
  const std::string name = absl::StrCat(prefix, ".cross_attention");
  CrossAttentionWeights weights;
  PARLEY_ASSIGN_OR_RETURN(weights.query,
                          LoadLinear({absl::StrCat(name, ".query")}));
  PARLEY_ASSIGN_OR_RETURN(
      weights.key_value,
      LoadLinear({absl::StrCat(name, ".key"), absl::StrCat(name, ".value")}));
  PARLEY_ASSIGN_OR_RETURN(weights.output,
                          LoadLinear({absl::StrCat(name, ".output")}));
  weights.norm = LoadNorm(absl::StrCat(name, "_norm"), epsilon);
  return weights;
}

absl::StatusOr<FeedForwardWeights> WeightLoader::LoadFeedForward(
    absl::string_view prefix, float epsilon) {
  const std::string name = absl::StrCat(prefix, ".feed_forward");
  FeedForwardWeights weights;
  PARLEY_ASSIGN_OR_RETURN(weights.input,
                          LoadLinear({absl::StrCat(name, ".input")}));
  PARLEY_ASSIGN_OR_RETURN(weights.output,
                          LoadLinear({absl::StrCat(name, ".output")}));
  weights.norm = LoadNorm(absl::StrCat(name, "_norm"), epsilon);
  return weights;
}

}  // namespace parley
