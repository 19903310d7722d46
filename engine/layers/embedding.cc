#include "engine/layers/embedding.h"

#include <cmath>
#include <utility>
#include <vector>

#include "base/log.h"
#include "engine/kernels/packed/row_rounding.h"
#include "engine/kernels/vector_ops.h"
#include "engine/layers/widen.h"

namespace parley {

EmbeddingTable::EmbeddingTable(TensorView rows,
                               std::shared_ptr<const void> owner)
    : rows_(std::move(rows)), owner_(std::move(owner)) {}

EmbeddingTable::EmbeddingTable(TensorView rows, absl::Span<const float> scales,
                               std::shared_ptr<const void> owner)
    : rows_(std::move(rows)), scales_(scales), owner_(std::move(owner)) {}

EmbeddingTable::EmbeddingTable(kernels::PackedWeight weight)
    : packed_(std::move(weight)) {}

EmbeddingTable EmbeddingTable::Narrow(const TensorView& rows,
                                      kernels::Precision precision) {
  struct Storage {
    std::vector<std::byte> bytes;
    std::vector<float> scales;
  };
  const bool is_int8 = precision == kernels::Precision::kInt8;
  TensorView narrow = {.dtype = is_int8 ? DType::kI8 : DType::kBF16,
                       .shape = rows.shape};
  const size_t width = rows.shape[1];
  const size_t row_bytes = width * DTypeBytes(narrow.dtype);
  auto storage = std::make_shared<Storage>();
  storage->bytes.resize(rows.shape[0] * row_bytes);
  if (is_int8) storage->scales.resize(rows.shape[0]);
  const EmbeddingTable from(rows, nullptr);
  std::vector<float> row(width);
  for (int64_t id = 0; id < rows.shape[0]; ++id) {
    from.Read(id, absl::MakeSpan(row));
    std::byte* bytes = storage->bytes.data() + id * row_bytes;
    if (is_int8) {
      storage->scales[id] =
          kernels::RoundToInt8(row, {reinterpret_cast<int8_t*>(bytes), width});
    } else {
      kernels::ConvertF32ToBF16(row,
                                {reinterpret_cast<uint16_t*>(bytes), width});
    }
  }
  narrow.data = storage->bytes;
  const absl::Span<const float> scales = storage->scales;
  return EmbeddingTable(std::move(narrow), scales, std::move(storage));
}

int64_t EmbeddingTable::vocab_size() const {
  return packed_.has_value() ? packed_->shape.out_features : rows_.shape[0];
}

int64_t EmbeddingTable::d_model() const {
  return packed_.has_value() ? packed_->shape.in_features : rows_.shape[1];
}

void EmbeddingTable::Read(int64_t id, absl::Span<float> row) const {
  PARLEY_CHECK(id >= 0 && id < vocab_size()) << id;
  if (packed_.has_value()) return kernels::UnpackOutput(*packed_, id, row);
  const size_t row_bytes = d_model() * DTypeBytes(rows_.dtype);
  const absl::Span<const std::byte> bytes =
      rows_.data.subspan(id * row_bytes, row_bytes);
  if (rows_.dtype != DType::kI8) return WidenToF32(rows_.dtype, bytes, row);
  const auto* numbers = reinterpret_cast<const int8_t*>(bytes.data());
  const float scale = scales_[id];
  for (size_t i = 0; i < row.size(); ++i) {
    row[i] = static_cast<float>(numbers[i]) * scale;
  }
}

void Embed(const Embeddings& embeddings, const TokenAtPosition& token,
           absl::Span<float> row) {
  embeddings.tokens.Read(token.id, row);
  kernels::ScaleAdd(row, embeddings.scale,
                    embeddings.positions.span().subspan(
                        token.position * row.size(), row.size()),
                    row);
}

void EmbedInSegment(const SegmentEmbeddings& embeddings,
                    const TokenInSegment& token, absl::Span<float> row) {
  const auto add = [&](const FloatBuffer& table, int64_t index) {
    if (table.size() == 0) return;
    kernels::ScaleAdd(table.span().subspan(index * row.size(), row.size()),
                      1.0f, row, row);
  };
  embeddings.tokens.Read(token.id, row);
  add(embeddings.segments, token.segment);
  add(embeddings.positions, token.position);
  kernels::LayerNorm(row, embeddings.norm.view(), row);
}

FloatBuffer SinusoidalPositions(int64_t num_positions, int64_t d_model) {
  FloatBuffer table(num_positions * d_model);
  const int64_t num_sines = (d_model + 1) / 2;
  for (int64_t position = 0; position < num_positions; ++position) {
    float* row = table.data() + position * d_model;
    for (int64_t i = 0; i < d_model; ++i) {
      const int64_t pair = i < num_sines ? i : i - num_sines;
      const double angle = position / std::pow(10000.0, 2.0 * pair / d_model);
      row[i] =
          static_cast<float>(i < num_sines ? std::sin(angle) : std::cos(angle));
    }
  }
  return table;
}

}  // namespace parley
