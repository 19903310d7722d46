#include "engine/layers/attention.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "engine/kernels/team.h"
#include "engine/layers/residual.h"

namespace parley {
namespace {

// What both cached attentions share once queries are there: row i's query
// stands at query + i * query_stride.
struct CachedQueries {
  const float* query = nullptr;
  int64_t query_stride = 0;  // In floats.
};

void AttendCached(const kernels::AttentionShape& shape,
                  const CachedQueries& queries, int64_t row,
                  const kernels::CachedKeyValues& cache,
                  absl::Span<const int32_t> slots, Activations& activations) {
  const size_t d_model = shape.d_model();
  kernels::CachedAttention(
      shape, {queries.query + row * queries.query_stride, d_model}, cache,
      slots, activations.scores(),
      {activations.attended() + row * d_model, d_model});
}

// The end of an attention block: `attend`, unless all have been written, writes
// a row of attended(), which is projected, added and normalised.
void ProjectAttended(const kernels::Linear& output, const NormWeights& norm,
                     int64_t num_rows,
                     std::optional<kernels::RowWork::Function> attend,
                     Activations& activations) {
  const auto finish = [&](int64_t row) {
    AddAndNormalizeRow(norm, row, activations);
  };
  output.Run(activations.attended(), num_rows, activations.delta(),
             {.before = attend, .after = finish});
}

}  // namespace

void RaggedSelfAttention(const SelfAttentionWeights& weights,
                         const RaggedAttention& attention,
                         absl::Span<const Sequence> sequences,
                         Activations& activations) {
  int64_t num_rows = 0;
  for (const Sequence& sequence : sequences) num_rows += sequence.length;
  float* query_key_value = activations.wide();  // [num_rows, 3, d_model]
  weights.query_key_value->Run(activations.hidden(), num_rows, query_key_value);
  AttendRagged(attention, sequences, activations);
  ProjectAttended(*weights.output, weights.norm, num_rows, std::nullopt,
                  activations);
}

void AttendRagged(const RaggedAttention& attention,
                  absl::Span<const Sequence> sequences,
                  Activations& activations) {
  const int64_t d_model = attention.shape.d_model();
  const int64_t num_heads = attention.shape.num_heads;
  const int64_t head_dim = attention.shape.head_dim;
  const float* query_key_value = activations.wide();
  const auto attend = [&](int64_t item) {
    const Sequence& sequence = sequences[item / num_heads];
    const int64_t column = item % num_heads * head_dim;
    const float* query =
        query_key_value + sequence.begin * 3 * d_model + column;
    kernels::AttentionHead head = {.head_dim = attention.shape.head_dim,
                                   .length = sequence.length,
                                   .query = {query, 3 * d_model},
                                   .key = {query + d_model, 3 * d_model},
                                   .value = {query + 2 * d_model, 3 * d_model},
                                   .window = attention.window};
    if (attention.relative_bias != nullptr) {
      head.relative_bias =
          attention.relative_bias->OfHead(static_cast<int>(item % num_heads));
    }
    kernels::SelfAttentionHead(
        head,
        {activations.attended() + sequence.begin * d_model + column, d_model});
  };
  if (sequences.size() == 1) {
    // A thread's own heads are half of what it made of queries, keys and values
    // itself: what another made is slow to read.
    kernels::ForEachEqualItem(num_heads, attend);
  } else {
    kernels::ForEachItem(std::ssize(sequences) * num_heads, attend);
  }
}

void CachedSelfAttention(const SelfAttentionWeights& weights,
                         const kernels::AttentionShape& shape,
                         absl::Span<const CachedRow> rows, int layer,
                         KvPool& pool, Activations& activations) {
  const int64_t d_model = shape.d_model();
  const int64_t num_rows = rows.size();
  float* query_key_value = activations.wide();  // [num_rows, 3, d_model]
  const auto store = [&](int64_t i) {
    const float* key_value = query_key_value + (i * 3 + 1) * d_model;
    std::copy_n(key_value, 2 * d_model, pool.slot(layer, rows[i].slot));
  };
  weights.query_key_value->Run(activations.hidden(), num_rows, query_key_value,
                               {.after = store});
  const kernels::CachedKeyValues cache = pool.layer(layer);
  const auto attend = [&](int64_t i) {
    AttendCached(shape, {query_key_value, 3 * d_model}, i, cache,
                 rows[i].history, activations);
  };
  ProjectAttended(*weights.output, weights.norm, num_rows, attend, activations);
}

void CrossAttention(const CrossAttentionWeights& weights,
                    const kernels::AttentionShape& shape,
                    absl::Span<const CachedRow> rows, int layer,
                    const KvPool& pool, Activations& activations) {
  const int64_t d_model = shape.d_model();
  const int64_t num_rows = rows.size();
  float* query = activations.wide();  // [num_rows, d_model]
  weights.query->Run(activations.hidden(), num_rows, query);
  const kernels::CachedKeyValues cache = pool.layer(layer);
  const auto attend = [&](int64_t i) {
    AttendCached(shape, {query, d_model}, i, cache, rows[i].source,
                 activations);
  };
  ProjectAttended(*weights.output, weights.norm, num_rows, attend, activations);
}

void StoreSource(const CrossAttentionWeights& weights,
                 absl::Span<const int32_t> slots, int layer, KvPool& pool,
                 Activations& activations) {
  const int64_t num_rows = slots.size();
  const int64_t width = weights.key_value->shape().out_features;
  float* key_value = activations.wide();  // [num_rows, 2, d_model]
  const auto store = [&](int64_t i) {
    std::copy_n(key_value + i * width, width, pool.slot(layer, slots[i]));
  };
  weights.key_value->Run(activations.hidden(), num_rows, key_value,
                         {.after = store});
}

}  // namespace parley
