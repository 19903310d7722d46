// Token and position embeddings.
#ifndef PARLEY_ENGINE_LAYERS_EMBEDDING_H_
#define PARLEY_ENGINE_LAYERS_EMBEDDING_H_

#include <cstdint>

#include "absl/types/span.h"
#include "engine/layers/weights.h"
#include "engine/tensor/tensor.h"

namespace parley {

// One row of numbers for each token id, in the file's own precision; rows are
// widened as they are read.
class EmbeddingTable {
 public:
  EmbeddingTable() = default;
  // table: [vocab_size, d_model] in F32, F16 or BF16; its owner must outlive
  // this.
  explicit EmbeddingTable(const TensorView& table) : table_(table) {}

  int64_t vocab_size() const { return table_.shape[0]; }
  int64_t d_model() const { return table_.shape[1]; }

  // REQUIRES: 0 <= id < vocab_size(); row: [d_model]
  void Read(int64_t id, absl::Span<float> row) const;

 private:
  TensorView table_;
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
