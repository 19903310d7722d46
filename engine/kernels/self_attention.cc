#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/log.h"
#include "engine/kernels/attention.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/self_attention.cc"
#include "hwy/foreach_target.h"  // Must come before highway.h.
// clang-format off: its order matters.
#include "engine/kernels/simd_math-inl.h"
#include "hwy/highway.h"
// clang-format on

// Lanes are queries: everything between the transposition of a query tile and
// that of its output, the softmax included, is done for all its queries at once
// and needs no sum over lanes.
HWY_BEFORE_NAMESPACE();
namespace parley::kernels {
namespace HWY_NAMESPACE {

using FloatTag = hn::ScalableTag<float>;

inline constexpr int kKeyTile = 64;  // A multiple of four.
inline constexpr int kDimTile = 128;
// Room for a tile's queries: two vectors.
inline constexpr size_t kMaxQueryTile = 2 * hn::MaxLanes(FloatTag());

// Four rows of a matrix [rows, inner] that is addressed by strides. Where there
// are fewer than four, the last is repeated.
struct FourRows {
  FourRows(const float* data, int64_t row_stride, int num_rows)
      : row0(data),
        row1(data + std::min(1, num_rows - 1) * row_stride),
        row2(data + std::min(2, num_rows - 1) * row_stride),
        row3(data + std::min(3, num_rows - 1) * row_stride) {}
  const float* row0;
  const float* row1;
  const float* row2;
  const float* row3;
};

// For rows r of the four and queries q of the tile:
// output[r][q] = output[r][q] * decay[q] + sum over i of rows[r][i] * x[i][q].
// Element i of a row is `step` after the one before. x: [num_inner, tile],
// output: [4, tile], decay: [tile]; kFirst: output is taken as zero.
template <bool kFirst>
HWY_INLINE void MultiplyFourRows(const FourRows& rows, int64_t step,
                                 int num_inner, const float* HWY_RESTRICT x,
                                 const float* HWY_RESTRICT decay,
                                 float* HWY_RESTRICT output) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const size_t tile = 2 * lanes;
  auto s00 = hn::Zero(d), s01 = s00, s10 = s00, s11 = s00;
  auto s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  if constexpr (!kFirst) {
    const auto decay0 = hn::Load(d, decay);
    const auto decay1 = hn::Load(d, decay + lanes);
    s00 = hn::Mul(decay0, hn::Load(d, output));
    s01 = hn::Mul(decay1, hn::Load(d, output + lanes));
    s10 = hn::Mul(decay0, hn::Load(d, output + tile));
    s11 = hn::Mul(decay1, hn::Load(d, output + tile + lanes));
    s20 = hn::Mul(decay0, hn::Load(d, output + 2 * tile));
    s21 = hn::Mul(decay1, hn::Load(d, output + 2 * tile + lanes));
    s30 = hn::Mul(decay0, hn::Load(d, output + 3 * tile));
    s31 = hn::Mul(decay1, hn::Load(d, output + 3 * tile + lanes));
  }
  int64_t offset = 0;
  for (int i = 0; i < num_inner; ++i, offset += step, x += tile) {
    const auto x0 = hn::Load(d, x);
    const auto x1 = hn::Load(d, x + lanes);
    const auto a0 = hn::Set(d, rows.row0[offset]);
    s00 = hn::MulAdd(a0, x0, s00);
    s01 = hn::MulAdd(a0, x1, s01);
    const auto a1 = hn::Set(d, rows.row1[offset]);
    s10 = hn::MulAdd(a1, x0, s10);
    s11 = hn::MulAdd(a1, x1, s11);
    const auto a2 = hn::Set(d, rows.row2[offset]);
    s20 = hn::MulAdd(a2, x0, s20);
    s21 = hn::MulAdd(a2, x1, s21);
    const auto a3 = hn::Set(d, rows.row3[offset]);
    s30 = hn::MulAdd(a3, x0, s30);
    s31 = hn::MulAdd(a3, x1, s31);
  }
  hn::Store(s00, d, output);
  hn::Store(s01, d, output + lanes);
  hn::Store(s10, d, output + tile);
  hn::Store(s11, d, output + tile + lanes);
  hn::Store(s20, d, output + 2 * tile);
  hn::Store(s21, d, output + 2 * tile + lanes);
  hn::Store(s30, d, output + 3 * tile);
  hn::Store(s31, d, output + 3 * tile + lanes);
}

// What a query tile knows between its key tiles; [.., tile] arrays, with a row
// for each query in the lanes of two vectors.
struct TileState {
  HWY_ALIGN_MAX float query[kDimTile * kMaxQueryTile];   // [dims, tile]
  HWY_ALIGN_MAX float score[kKeyTile * kMaxQueryTile];   // [keys, tile]
  HWY_ALIGN_MAX float output[kDimTile * kMaxQueryTile];  // [dims, tile]
  HWY_ALIGN_MAX float max[kMaxQueryTile];    // Greatest score so far.
  HWY_ALIGN_MAX float sum[kMaxQueryTile];    // Of weights relative to max.
  HWY_ALIGN_MAX float decay[kMaxQueryTile];  // From the last max to this.
};

HWY_INLINE size_t QueryTile() { return 2 * hn::Lanes(FloatTag()); }

// state.query = the tile's queries times `scale`, transposed.
void TransposeQueries(ConstRows query, int num_queries, int num_dims,
                      float scale, TileState& state) {
  const size_t tile = QueryTile();
  for (int q = 0; q < num_queries; ++q) {
    const float* row = query.data + q * query.stride;
    for (int i = 0; i < num_dims; ++i) {
      state.query[i * tile + q] = row[i] * scale;
    }
  }
  for (size_t q = num_queries; q < tile; ++q) {
    for (int i = 0; i < num_dims; ++i) state.query[i * tile + q] = 0.0f;
  }
}

// state.score (+)= keys * state.query over one block of dimensions.
template <bool kFirst>
void ScoreKeys(ConstRows key, int num_keys, int num_dims, TileState& state) {
  for (int k = 0; k < num_keys; k += 4) {
    const FourRows rows(key.data + k * key.stride, key.stride, num_keys - k);
    MultiplyFourRows<kFirst>(rows, 1, num_dims, state.query, state.decay,
                             state.score + k * QueryTile());
  }
}

// Turns the scores of a key tile into weights relative to the new maximum.
void WeighScores(int num_keys, TileState& state) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const size_t tile = QueryTile();
  for (size_t q = 0; q < tile; q += lanes) {
    const auto last_max = hn::Load(d, state.max + q);
    auto max = last_max;
    for (int k = 0; k < num_keys; ++k) {
      max = hn::Max(max, hn::Load(d, state.score + k * tile + q));
    }
    const auto decay = ExpOfNonPositive(d, hn::Sub(last_max, max));
    auto sum = hn::Mul(hn::Load(d, state.sum + q), decay);
    for (int k = 0; k < num_keys; ++k) {
      float* score = state.score + k * tile + q;
      const auto weight = ExpOfNonPositive(d, hn::Sub(hn::Load(d, score), max));
      hn::Store(weight, d, score);
      sum = hn::Add(sum, weight);
    }
    hn::Store(max, d, state.max + q);
    hn::Store(sum, d, state.sum + q);
    hn::Store(decay, d, state.decay + q);
  }
}

// state.output = state.output * decay + values^T * weights, for one block of
// dimensions.
template <bool kFirst>
void AddValues(ConstRows value, int num_keys, int num_dims, TileState& state) {
  for (int i = 0; i < num_dims; i += 4) {
    const FourRows rows(value.data + i, 1, num_dims - i);
    MultiplyFourRows<kFirst>(rows, value.stride, num_keys, state.score,
                             state.decay, state.output + i * QueryTile());
  }
}

void WriteOutput(int num_queries, int num_dims, const TileState& state,
                 Rows output) {
  const size_t tile = QueryTile();
  for (int q = 0; q < num_queries; ++q) {
    const float factor = 1.0f / state.sum[q];
    float* row = output.data + q * output.stride;
    for (int i = 0; i < num_dims; ++i) {
      row[i] = state.output[i * tile + q] * factor;
    }
  }
}

// One tile of queries, and the keys that any of them sees.
struct TileRange {
  int first_query;
  int num_queries;
  int first_key;
  int end_key;
};

TileRange RangeOf(const AttentionHead& head, int first_query) {
  TileRange range;
  range.first_query = first_query;
  range.num_queries =
      std::min(static_cast<int>(QueryTile()), head.length - first_query);
  range.first_key = first_query - std::min(head.window, first_query);
  const int last_query = first_query + range.num_queries - 1;
  range.end_key =
      last_query + 1 + std::min(head.window, head.length - 1 - last_query);
  return range;
}

// Adds to the scores of the tile what the distances of query and key give.
void AddRelativeBias(const AttentionHead& head, const TileRange& range,
                     int first_key, int num_keys, TileState& state) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const auto num_queries = static_cast<size_t>(range.num_queries);
  for (int k = 0; k < num_keys; ++k) {
    // Queries that follow each other are ever further behind the key.
    const float* bias =
        head.relative_bias + (range.first_query - (first_key + k));
    float* score = state.score + k * QueryTile();
    for (size_t q = 0; q < num_queries; q += lanes) {
      const auto added = q + lanes <= num_queries
                             ? hn::LoadU(d, bias + q)
                             : LoadPartial(d, bias + q, num_queries - q, 0.0f);
      hn::Store(hn::Add(hn::Load(d, score + q), added), d, score + q);
    }
  }
}

// Hides the keys outside each query's window. The first tile of keys holds one
// that is seen for every query, as it is longer than a tile of queries: so no
// running maximum is ever -infinity.
void HideOutsideWindow(const AttentionHead& head, const TileRange& range,
                       int first_key, int num_keys, TileState& state) {
  static_assert(kKeyTile >= kMaxQueryTile);
  for (int k = 0; k < num_keys; ++k) {
    float* score = state.score + k * QueryTile();
    for (int q = 0; q < range.num_queries; ++q) {
      const int distance = range.first_query + q - (first_key + k);
      if (std::abs(distance) > head.window) score[q] = -kInfinity;
    }
  }
}

// state.score = scores of `num_keys` keys, which start at key row `first_key`.
void ScoreTile(const AttentionHead& head, const TileRange& range, int first_key,
               int num_keys, TileState& state) {
  const float scale = 1.0f / std::sqrt(static_cast<float>(head.head_dim));
  const float* query = head.query.data + range.first_query * head.query.stride;
  for (int begin = 0; begin < head.head_dim; begin += kDimTile) {
    const int num_dims = std::min(kDimTile, head.head_dim - begin);
    const ConstRows key = {head.key.data + first_key * head.key.stride + begin,
                           head.key.stride};
    // Queries that fit whole are transposed but once.
    if (first_key == range.first_key || head.head_dim > kDimTile) {
      TransposeQueries({query + begin, head.query.stride}, range.num_queries,
                       num_dims, scale, state);
    }
    if (begin == 0) {
      ScoreKeys<true>(key, num_keys, num_dims, state);
    } else {
      std::fill_n(state.decay, QueryTile(), 1.0f);
      ScoreKeys<false>(key, num_keys, num_dims, state);
    }
  }
  if (head.relative_bias != nullptr) {
    AddRelativeBias(head, range, first_key, num_keys, state);
  }
  if (head.window < head.length - 1) {
    HideOutsideWindow(head, range, first_key, num_keys, state);
  }
}

// For one block of the values' dimensions, which starts at `begin`.
void AttendTile(const AttentionHead& head, const TileRange& range, int begin,
                TileState& state, Rows output) {
  const int num_dims = std::min(kDimTile, head.head_dim - begin);
  std::fill_n(state.max, QueryTile(), -kInfinity);
  std::fill_n(state.sum, QueryTile(), 0.0f);
  for (int first = range.first_key; first < range.end_key; first += kKeyTile) {
    const int num_keys = std::min(kKeyTile, range.end_key - first);
    ScoreTile(head, range, first, num_keys, state);
    WeighScores(num_keys, state);
    const ConstRows value = {
        head.value.data + first * head.value.stride + begin, head.value.stride};
    if (first == range.first_key) {
      AddValues<true>(value, num_keys, num_dims, state);
    } else {
      AddValues<false>(value, num_keys, num_dims, state);
    }
  }
  WriteOutput(range.num_queries, num_dims, state, output);
}

void AttendHead(const AttentionHead& head, Rows output) {
  TileState state;
  const int query_tile = static_cast<int>(QueryTile());
  for (int first = 0; first < head.length; first += query_tile) {
    const TileRange range = RangeOf(head, first);
    // Heads wider than a block make the scores anew for each block of values.
    for (int begin = 0; begin < head.head_dim; begin += kDimTile) {
      AttendTile(head, range, begin, state,
                 {output.data + first * output.stride + begin, output.stride});
    }
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace parley::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parley::kernels {

HWY_EXPORT(AttendHead);

void SelfAttentionHead(const AttentionHead& head, Rows output) {
  PARLEY_CHECK(head.head_dim > 0 && head.length >= 0 && head.window >= 0)
      << head.head_dim << ", " << head.length << ", " << head.window;
  HWY_DYNAMIC_DISPATCH(AttendHead)(head, output);
}

}  // namespace parley::kernels
#endif  // HWY_ONCE
