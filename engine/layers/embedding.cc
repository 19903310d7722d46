#include "engine/layers/embedding.h"

#include <cmath>

#include "base/log.h"
#include "engine/kernels/vector_ops.h"
#include "engine/layers/widen.h"

namespace parley {

void EmbeddingTable::Read(int64_t id, absl::Span<float> row) const {
  PARLEY_CHECK(id >= 0 && id < vocab_size()) << id;
  const size_t row_bytes = d_model() * DTypeBytes(table_.dtype);
  WidenToF32(table_.dtype, table_.data.subspan(id * row_bytes, row_bytes), row);
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
