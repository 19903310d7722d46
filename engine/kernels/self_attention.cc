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

inline constexpr int kKeyTile = 64;
inline constexpr int kDimTile = 128;
// A tile's queries, in vectors: fewer at a sequence's end.
inline constexpr int kMaxVectors = 2;

// How many rows meet a tile's queries at a time: with their sums, as many as
// fit the registers, and at least eight sums, as that many are under way.
template <int kVectors>
inline constexpr int kRowGroup = HWY_TARGET <= HWY_AVX3 ? 8 : 8 / kVectors;
static_assert(kKeyTile % kRowGroup<1> == 0 && kDimTile % kRowGroup<1> == 0);

// For the rows r of a group and queries q of the tile:
// output[r][q] = output[r][q] * decay[q] + sum over i of rows[r][i] * x[i][q].
// Row r starts at rows.data + r * rows.stride; where there are fewer rows than
// in a group, the last is repeated. Element i of a row is `step` after the one
// before. x: [num_inner, tile], output: [group, tile], decay: [tile]; kFirst:
// output is taken as zero.
template <bool kFirst, int kVectors>
HWY_INLINE void MultiplyRowGroup(ConstRows rows, int num_rows, int64_t step,
                                 int num_inner, const float* HWY_RESTRICT x,
                                 const float* HWY_RESTRICT decay,
                                 float* HWY_RESTRICT output) {
  constexpr int kRows = kRowGroup<kVectors>;
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const size_t tile = kVectors * lanes;
  const float* at[kRows];
  hn::Vec<FloatTag> sums[kRows][kVectors];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
    at[r] = rows.data + std::min(r, num_rows - 1) * rows.stride;
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      sums[r][v] = kFirst ? hn::Zero(d)
                          : hn::Mul(hn::Load(d, decay + v * lanes),
                                    hn::Load(d, output + r * tile + v * lanes));
    }
  }
  int64_t offset = 0;
  for (int i = 0; i < num_inner; ++i, offset += step, x += tile) {
    hn::Vec<FloatTag> factors[kVectors];
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) factors[v] = hn::Load(d, x + v * lanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const auto number = hn::Set(d, at[r][offset]);
#pragma GCC unroll 2
      for (int v = 0; v < kVectors; ++v) {
        sums[r][v] = hn::MulAdd(number, factors[v], sums[r][v]);
      }
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < kVectors; ++v) {
      hn::Store(sums[r][v], d, output + r * tile + v * lanes);
    }
  }
}

// What a query tile knows between its key tiles; [.., tile] arrays.
template <int kVectors>
struct TileState {
  static constexpr size_t kMaxTile = kVectors * hn::MaxLanes(FloatTag());
  static HWY_INLINE size_t Tile() { return kVectors * hn::Lanes(FloatTag()); }

  HWY_ALIGN_MAX float query[kDimTile * kMaxTile];   // [dims, tile]
  HWY_ALIGN_MAX float score[kKeyTile * kMaxTile];   // [keys, tile]
  HWY_ALIGN_MAX float output[kDimTile * kMaxTile];  // [dims, tile]
  HWY_ALIGN_MAX float max[kMaxTile];                // Greatest score so far.
  HWY_ALIGN_MAX float sum[kMaxTile];    // Of weights relative to max.
  HWY_ALIGN_MAX float decay[kMaxTile];  // From the last max to this.
};

// output[c][r] = input[r][c] for a square of four.
#if HWY_TARGET == HWY_SCALAR
HWY_INLINE void TransposeSquare(ConstRows input, Rows output) {
  for (int r = 0; r < 4; ++r) {
    for (int c = 0; c < 4; ++c) {
      output.data[c * output.stride + r] = input.data[r * input.stride + c];
    }
  }
}
#else
HWY_INLINE void TransposeSquare(ConstRows input, Rows output) {
  const hn::FixedTag<float, 4> d;
  const hn::Repartition<uint64_t, decltype(d)> dw;
  const auto row0 = hn::LoadU(d, input.data);
  const auto row1 = hn::LoadU(d, input.data + input.stride);
  const auto row2 = hn::LoadU(d, input.data + 2 * input.stride);
  const auto row3 = hn::LoadU(d, input.data + 3 * input.stride);
  const auto low01 = hn::BitCast(dw, hn::InterleaveLower(d, row0, row1));
  const auto low23 = hn::BitCast(dw, hn::InterleaveLower(d, row2, row3));
  const auto high01 = hn::BitCast(dw, hn::InterleaveUpper(d, row0, row1));
  const auto high23 = hn::BitCast(dw, hn::InterleaveUpper(d, row2, row3));
  const auto write = [&](int c, auto column) {
    hn::StoreU(hn::BitCast(d, column), d, output.data + c * output.stride);
  };
  write(0, hn::InterleaveLower(dw, low01, low23));
  write(1, hn::InterleaveUpper(dw, low01, low23));
  write(2, hn::InterleaveLower(dw, high01, high23));
  write(3, hn::InterleaveUpper(dw, high01, high23));
}
#endif

// output[c][r] = input[r][c] for all rows and columns of input.
void Transpose(ConstRows input, int num_rows, int num_columns, Rows output) {
  if (num_rows < 4 || num_columns < 4) {
    for (int r = 0; r < num_rows; ++r) {
      for (int c = 0; c < num_columns; ++c) {
        output.data[c * output.stride + r] = input.data[r * input.stride + c];
      }
    }
    return;
  }
  // The last square overlaps the one before where four do not divide.
  for (int column = 0; column < num_columns; column += 4) {
    const int c = std::min(column, num_columns - 4);
    for (int row = 0; row < num_rows; row += 4) {
      const int r = std::min(row, num_rows - 4);
      TransposeSquare({input.data + r * input.stride + c, input.stride},
                      {output.data + c * output.stride + r, output.stride});
    }
  }
}

// state.query = the tile's queries times `scale`, transposed; zeros for those
// that the tile lacks.
template <int kVectors>
void TransposeQueries(ConstRows query, int num_queries, int num_dims,
                      float scale, TileState<kVectors>& state) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const size_t num_floats = num_dims * state.Tile();
  if (static_cast<size_t>(num_queries) < state.Tile()) {
    std::fill_n(state.query, num_floats, 0.0f);
  }
  Transpose(query, num_queries, num_dims,
            {state.query, static_cast<int64_t>(state.Tile())});
  const auto factor = hn::Set(d, scale);
  for (size_t i = 0; i < num_floats; i += lanes) {
    hn::Store(hn::Mul(hn::Load(d, state.query + i), factor), d,
              state.query + i);
  }
}

// state.score (+)= keys * state.query over one block of dimensions.
template <bool kFirst, int kVectors>
void ScoreKeys(ConstRows key, int num_keys, int num_dims,
               TileState<kVectors>& state) {
  for (int k = 0; k < num_keys; k += kRowGroup<kVectors>) {
    MultiplyRowGroup<kFirst, kVectors>(
        {key.data + k * key.stride, key.stride}, num_keys - k, 1, num_dims,
        state.query, state.decay, state.score + k * state.Tile());
  }
}

// Turns the scores of a key tile into weights relative to the new maximum.
template <int kVectors>
void WeighScores(int num_keys, TileState<kVectors>& state) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const size_t tile = state.Tile();
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
template <bool kFirst, int kVectors>
void AddValues(ConstRows value, int num_keys, int num_dims,
               TileState<kVectors>& state) {
  for (int i = 0; i < num_dims; i += kRowGroup<kVectors>) {
    MultiplyRowGroup<kFirst, kVectors>(
        {value.data + i, 1}, num_dims - i, value.stride, num_keys, state.score,
        state.decay, state.output + i * state.Tile());
  }
}

// output = the tile's, transposed, divided by the sums of the weights.
template <int kVectors>
void WriteOutput(int num_queries, int num_dims, TileState<kVectors>& state,
                 Rows output) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const auto tile = static_cast<int64_t>(state.Tile());
  for (size_t q = 0; q < state.Tile(); q += lanes) {
    const auto factor = hn::Div(hn::Set(d, 1.0f), hn::Load(d, state.sum + q));
    for (int i = 0; i < num_dims; ++i) {
      float* sums = state.output + i * tile + q;
      hn::Store(hn::Mul(hn::Load(d, sums), factor), d, sums);
    }
  }
  Transpose({state.output, tile}, num_dims, num_queries, output);
}

// One tile of queries, and the keys that any of them sees.
struct TileRange {
  int first_query;
  int num_queries;
  int first_key;
  int end_key;
};

TileRange RangeOf(const AttentionHead& head, int first_query, int num_queries) {
  TileRange range;
  range.first_query = first_query;
  range.num_queries = num_queries;
  range.first_key = first_query - std::min(head.window, first_query);
  const int last_query = first_query + range.num_queries - 1;
  range.end_key =
      last_query + 1 + std::min(head.window, head.length - 1 - last_query);
  return range;
}

// Adds to the scores of the tile what the distances of query and key give.
template <int kVectors>
void AddRelativeBias(const AttentionHead& head, const TileRange& range,
                     int first_key, int num_keys, TileState<kVectors>& state) {
  const FloatTag d;
  const size_t lanes = hn::Lanes(d);
  const auto num_queries = static_cast<size_t>(range.num_queries);
  for (int k = 0; k < num_keys; ++k) {
    // Queries that follow each other are ever further behind the key.
    const float* bias =
        head.relative_bias + (range.first_query - (first_key + k));
    float* score = state.score + k * state.Tile();
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
template <int kVectors>
void HideOutsideWindow(const AttentionHead& head, const TileRange& range,
                       int first_key, int num_keys,
                       TileState<kVectors>& state) {
  static_assert(kKeyTile >= TileState<kVectors>::kMaxTile);
  for (int k = 0; k < num_keys; ++k) {
    float* score = state.score + k * state.Tile();
    for (int q = 0; q < range.num_queries; ++q) {
      const int distance = range.first_query + q - (first_key + k);
      if (std::abs(distance) > head.window) score[q] = -kInfinity;
    }
  }
}

// state.score = scores of `num_keys` keys, which start at key row `first_key`.
template <int kVectors>
void ScoreTile(const AttentionHead& head, const TileRange& range, int first_key,
               int num_keys, TileState<kVectors>& state) {
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
      std::fill_n(state.decay, state.Tile(), 1.0f);
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
template <int kVectors>
void AttendTile(const AttentionHead& head, const TileRange& range, int begin,
                Rows output) {
  TileState<kVectors> state;
  const int num_dims = std::min(kDimTile, head.head_dim - begin);
  std::fill_n(state.max, state.Tile(), -kInfinity);
  std::fill_n(state.sum, state.Tile(), 0.0f);
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
  const auto lanes = static_cast<int>(hn::Lanes(FloatTag()));
  const int max_queries = kMaxVectors * lanes;
  for (int first = 0; first < head.length; first += max_queries) {
    const TileRange range =
        RangeOf(head, first, std::min(max_queries, head.length - first));
    const auto attend =
        range.num_queries <= lanes ? &AttendTile<1> : &AttendTile<kMaxVectors>;
    // Heads wider than a block make the scores anew for each block of values.
    for (int begin = 0; begin < head.head_dim; begin += kDimTile) {
      attend(head, range, begin,
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
