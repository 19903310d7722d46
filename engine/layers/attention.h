// Attention blocks over ragged rows: products, attention, residual and norm
// (the post-norm layout of Vaswani et al. 2017).
//
// All of them read and replace activations.hidden() [num_rows, d_model]. Not
// thread-safe: they use the calling thread's team.
#ifndef PARLEY_ENGINE_LAYERS_ATTENTION_H_
#define PARLEY_ENGINE_LAYERS_ATTENTION_H_

#include <cstdint>
#include <limits>

#include "absl/types/span.h"
#include "engine/kernels/attention.h"
#include "engine/layers/activations.h"
#include "engine/layers/kv_cache.h"
#include "engine/layers/weights.h"
#include "engine/tensor/tensor.h"

namespace parley {

// One sequence of a ragged batch: rows [begin, begin + length).
struct Sequence {
  int64_t begin = 0;
  int length = 0;
};

// What the distance of query and key adds to a head's scores.
struct RelativeBias {
  int max_distance = 0;
  // By (query - key), from -max_distance. [num_heads, 2 * max_distance + 1]
  FloatBuffer values;

  // As kernels::AttentionHead takes it.
  const float* OfHead(int head) const {
    return values.data() + int64_t{head} * (2 * max_distance + 1) +
           max_distance;
  }
};

// How rows attend to rows of their own sequence.
struct RaggedAttention {
  kernels::AttentionShape shape;
  // Null: none. Must reach over the longest sequence.
  const RelativeBias* relative_bias = nullptr;
  // Rows further away than this are not seen.
  int window = std::numeric_limits<int>::max();
};

// Each row attends to the rows of its own sequence.
// REQUIRES: `sequences` cover rows 0 to num_rows - 1 without overlap.
void RaggedSelfAttention(const SelfAttentionWeights& weights,
                         const RaggedAttention& attention,
                         absl::Span<const Sequence> sequences,
                         Activations& activations);

// Its middle, for layers that are built otherwise: from queries, keys and
// values in activations.wide() [num_rows, 3, d_model] to activations.attended()
// [num_rows, d_model].
void AttendRagged(const RaggedAttention& attention,
                  absl::Span<const Sequence> sequences,
                  Activations& activations);

// Where one decoder row stands.
struct CachedRow {
  int32_t slot = 0;  // Its own, written by CachedSelfAttention.
  absl::Span<const int32_t> history;  // Slots it descends from and its own.
  absl::Span<const int32_t> source;   // Slots of its source. [source_len]
};

// Each row stores its key and value in its own slot of `layer`, then attends to
// its history. Several rows may be positions of one sequence: all are stored
// before any attends.
void CachedSelfAttention(const SelfAttentionWeights& weights,
                         const kernels::AttentionShape& shape,
                         absl::Span<const CachedRow> rows, int layer,
                         KvPool& pool, Activations& activations);

// Each row attends to its source, whose keys and values StoreSource has put
// into `layer` of the pool.
void CrossAttention(const CrossAttentionWeights& weights,
                    const kernels::AttentionShape& shape,
                    absl::Span<const CachedRow> rows, int layer,
                    const KvPool& pool, Activations& activations);

// Computes the keys and values of `layer` that decoder rows will attend to from
// encoder_output = activations.hidden(), and stores row i in slots[i].
void StoreSource(const CrossAttentionWeights& weights,
                 absl::Span<const int32_t> slots, int layer, KvPool& pool,
                 Activations& activations);

}  // namespace parley

#endif  // PARLEY_ENGINE_LAYERS_ATTENTION_H_
