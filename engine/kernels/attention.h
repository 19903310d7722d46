// Scaled dot-product attention (Vaswani et al. 2017) over ragged sequences and
// over cached keys and values.
//
// As vector_ops.h: single-threaded, no allocation, a result depends on its own
// inputs alone, Highway on every instruction set.
#ifndef PARLEY_ENGINE_KERNELS_ATTENTION_H_
#define PARLEY_ENGINE_KERNELS_ATTENTION_H_

#include <cstdint>
#include <limits>

#include "absl/types/span.h"

namespace parley::kernels {

struct AttentionShape {
  int num_heads = 0;
  int head_dim = 0;  // Any; multiples of 16 are fastest.
  int d_model() const { return num_heads * head_dim; }
};

// Rows of a matrix that need not be dense: row i starts at data + i * stride.
struct ConstRows {
  const float* data = nullptr;
  int64_t stride = 0;  // In floats.
};

struct Rows {
  float* data = nullptr;
  int64_t stride = 0;  // In floats.
};

// One head of one whole sequence; query, key, value: [length, head_dim].
struct AttentionHead {
  int head_dim = 0;
  int length = 0;
  ConstRows query;
  ConstRows key;
  ConstRows value;
  // Added to the score of query i and key j is relative_bias[i - j] (Shaw et
  // al. 2018; Raffel et al. 2020): the middle of 2 * length - 1 finite numbers,
  // or null for none.
  const float* relative_bias = nullptr;
  // Query i sees keys i - window to i + window, or all of them. Not negative.
  int window = std::numeric_limits<int>::max();
};

// Attention of a head to its own sequence, without a mask:
// output = softmax(query * key^T / sqrt(head_dim) + bias) * value.
// output: [length, head_dim], of that head. Scores are made in tiles with a
// running maximum (Milakov & Gimelshein 2018; Dao et al. 2022) and never stand
// in memory as a whole; tiles are counted from the sequence's start, so its
// result does not depend on where it lies in a batch.
void SelfAttentionHead(const AttentionHead& head, Rows output);

// Keys and values of many positions, each a row of [num_heads * head_dim].
struct CachedKeyValues {
  ConstRows key;
  ConstRows value;
};

// Attention of one row to the positions `slots` of a cache, all heads:
// for every head h, output[h] = softmax(query[h] . key[slots][h] /
// sqrt(head_dim)) * value[slots][h]. query, output: [num_heads * head_dim];
// output may be query. The order of `slots` fixes the order of summation.
// scratch: at least num_heads * slots.size() floats.
// REQUIRES: !slots.empty()
void CachedAttention(const AttentionShape& shape, absl::Span<const float> query,
                     const CachedKeyValues& cache,
                     absl::Span<const int32_t> slots, absl::Span<float> scratch,
                     absl::Span<float> output);

}  // namespace parley::kernels

#endif  // PARLEY_ENGINE_KERNELS_ATTENTION_H_
