// Token and position embeddings.
#ifndef PARLEY_ENGINE_LAYERS_EMBEDDING_H_
#define PARLEY_ENGINE_LAYERS_EMBEDDING_H_

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/types/span.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/packed/packed_weight.h"
#include "engine/layers/weights.h"
#include "engine/tensor/tensor.h"

namespace parley {

// One row of numbers for each token id, as they are stored; rows are widened as
// they are read. Copies share the numbers. Any thread.
class EmbeddingTable {
 public:
  EmbeddingTable() = default;
  // rows: [vocab_size, d_model] in F32, F16 or BF16, in memory of `owner`.
  EmbeddingTable(TensorView rows, std::shared_ptr<const void> owner);
  // rows: in I8, each number times its row's scale. scales: [vocab_size]
  EmbeddingTable(TensorView rows, absl::Span<const float> scales,
                 std::shared_ptr<const void> owner);
  // The outputs of a product that shares its weight.
  explicit EmbeddingTable(kernels::PackedWeight weight);

  // A copy of F32, F16 or BF16 rows in fewer bits: BF16, or I8.
  static EmbeddingTable Narrow(const TensorView& rows,
                               kernels::Precision precision);

  int64_t vocab_size() const;
  int64_t d_model() const;

  // REQUIRES: 0 <= id < vocab_size(); row: [d_model]
  void Read(int64_t id, absl::Span<float> row) const;

  // What it was made of; empty for a packed weight.
  const TensorView& rows() const { return rows_; }
  absl::Span<const float> scales() const { return scales_; }

 private:
  TensorView rows_;
  absl::Span<const float> scales_;
  std::shared_ptr<const void> owner_;
  std::optional<kernels::PackedWeight> packed_;
};

// A vocabulary's embeddings with those of its positions; owned elsewhere.
struct Embeddings {
  const EmbeddingTable& tokens;
  const FloatBuffer& positions;  // [max_positions, d_model]
  float scale = 1.0f;            // Of the token's row.
};

struct TokenAtPosition {
  int32_t id = 0;
  int position = 0;
};

// row = scale * tokens[id] + positions[position]. row: [d_model]
void Embed(const Embeddings& embeddings, const TokenAtPosition& token,
           absl::Span<float> row);

// What stands at the bottom of BERT; owned elsewhere.
struct SegmentEmbeddings {
  const EmbeddingTable& tokens;
  const FloatBuffer& positions;  // [max_positions, width], or empty for none.
  const FloatBuffer& segments;   // [num_segments, width], or empty for none.
  const NormWeights& norm;       // [width]
};

struct TokenInSegment {
  int32_t id = 0;
  int position = 0;
  int segment = 0;
};

// row = LayerNorm(tokens[id] + segments[segment] + positions[position]).
// row: [width]
void EmbedInSegment(const SegmentEmbeddings& embeddings,
                    const TokenInSegment& token, absl::Span<float> row);

// Sinusoidal positions as MarianMT has them: sines in the first half of a row,
// cosines in the second (Vaswani et al. 2017 interleave them).
// Result: [num_positions, d_model]
FloatBuffer SinusoidalPositions(int64_t num_positions, int64_t d_model);

}  // namespace parley

#endif  // PARLEY_ENGINE_LAYERS_EMBEDDING_H_
