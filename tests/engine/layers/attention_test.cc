#include "engine/layers/attention.h"

#include <numeric>
#include <vector>

#include "tests/engine/layers/layer_fixture.h"

namespace parley {
namespace {

constexpr kernels::AttentionShape kShape = {.num_heads = 3, .head_dim = 4};

class AttentionTest : public LayerTest {
 protected:
  AttentionTest()
      : query_key_value_(RandomLinear(kDModel, 3 * kDModel)),
        query_(RandomLinear(kDModel, kDModel)),
        key_value_(RandomLinear(kDModel, 2 * kDModel)),
        output_(RandomLinear(kDModel, kDModel)) {
    self_.query_key_value = std::move(query_key_value_.linear);
    cross_.query = std::move(query_.linear);
    cross_.key_value = std::move(key_value_.linear);
    self_.output = std::move(output_.linear);
    self_.norm = RandomNorm();
  }

  // Columns [begin, begin + kDModel).
  static Matrix Columns(const Matrix& x, int begin) {
    Matrix part;
    for (const auto& row : x) {
      part.emplace_back(row.begin() + begin, row.begin() + begin + kDModel);
    }
    return part;
  }

  // Row r of `query` attends to the rows of `memory` that visible[r] lists.
  static Matrix Attend(const Matrix& query, const Matrix& key,
                       const Matrix& value,
                       const std::vector<std::vector<int>>& visible) {
    Matrix context(query.size(), std::vector<double>(kDModel));
    for (size_t r = 0; r < query.size(); ++r) {
      for (int head = 0; head < kDModel; head += kShape.head_dim) {
        std::vector<double> weights;
        double sum = 0;
        for (const int m : visible[r]) {
          double score = 0;
          for (int i = head; i < head + kShape.head_dim; ++i) {
            score += query[r][i] * key[m][i];
          }
          weights.push_back(std::exp(score / std::sqrt(kShape.head_dim)));
          sum += weights.back();
        }
        for (size_t k = 0; k < visible[r].size(); ++k) {
          for (int i = head; i < head + kShape.head_dim; ++i) {
            context[r][i] += weights[k] / sum * value[visible[r][k]][i];
          }
        }
      }
    }
    return context;
  }

  // Self-attention as its definition has it.
  Matrix ExpectedSelf(const Matrix& hidden,
                      const std::vector<std::vector<int>>& visible) const {
    const Matrix all = query_key_value_.Apply(hidden);
    const Matrix context = Attend(Columns(all, 0), Columns(all, kDModel),
                                  Columns(all, 2 * kDModel), visible);
    return AddNorm(self_.norm, hidden, output_.Apply(context));
  }

  static KvPool CreatePool() {
    auto pool = KvPool::Create({.num_layers = 2, .d_model = kDModel}, 1 << 16);
    EXPECT_TRUE(pool.ok());
    return std::move(*pool);
  }

  TestLinear query_key_value_, query_, key_value_, output_;
  SelfAttentionWeights self_;
  CrossAttentionWeights cross_;
};

TEST_F(AttentionTest, RaggedRowsSeeTheirOwnSequence) {
  const std::vector<Sequence> sequences = {{0, 1}, {1, 5}, {6, 17}, {23, 3}};
  std::vector<std::vector<int>> visible;
  for (const Sequence& sequence : sequences) {
    std::vector<int> rows(sequence.length);
    std::iota(rows.begin(), rows.end(), static_cast<int>(sequence.begin));
    visible.insert(visible.end(), sequence.length, rows);
  }
  const Matrix hidden = RandomHidden(26);
  RaggedSelfAttention(self_, {.shape = kShape}, sequences, activations_);
  ExpectNear(Hidden(26), ExpectedSelf(hidden, visible));
}

TEST_F(AttentionTest, CachedRowsSeeTheirHistories) {
  // Two rows that fork after slot 3, and one of another task; layer 1.
  const std::vector<std::vector<int32_t>> histories = {
      {2, 3}, {2, 3, 9}, {2, 3, 4}, {7}};
  const std::vector<std::vector<int>> visible = {{0}, {0, 1}, {0, 2}, {3}};
  KvPool pool = CreatePool();
  // Slot 2 is written by an earlier step.
  const Matrix earlier = RandomHidden(1);
  const std::vector<int32_t> first = {2};
  CachedSelfAttention(self_, kShape, {{.slot = 2, .history = first}}, 1, pool,
                      activations_);
  const Matrix now = RandomHidden(4);
  std::vector<CachedRow> rows;
  for (const auto& history : histories) {
    rows.push_back({.slot = history.back(), .history = history});
  }
  CachedSelfAttention(self_, kShape, rows, 1, pool, activations_);
  // The definition, over the earlier row and those of this step.
  Matrix all = {earlier[0]};
  all.insert(all.end(), now.begin(), now.end());
  const Matrix expected =
      ExpectedSelf(all, {{0}, {0, 1}, {0, 1, 2}, {0, 1, 3}, {4}});
  ExpectNear(Hidden(4), {expected.begin() + 1, expected.end()});
}

TEST_F(AttentionTest, CrossAttentionReadsTheStoredSource) {
  cross_.output = std::move(self_.output);
  cross_.norm = RandomNorm();
  KvPool pool = CreatePool();
  const Matrix source = RandomHidden(7);
  const std::vector<int32_t> slots = {30, 31, 5, 6, 7, 40, 41};
  StoreSource(cross_, slots, 1, pool, activations_);
  const Matrix hidden = RandomHidden(3);
  const std::vector<CachedRow> rows = {
      {.source = absl::MakeSpan(slots).first(4)},
      {.source = absl::MakeSpan(slots).first(4)},
      {.source = absl::MakeSpan(slots).subspan(4)}};
  CrossAttention(cross_, kShape, rows, 1, pool, activations_);
  const Matrix key_value = key_value_.Apply(source);
  const Matrix context = Attend(query_.Apply(hidden), Columns(key_value, 0),
                                Columns(key_value, kDModel),
                                {{0, 1, 2, 3}, {0, 1, 2, 3}, {4, 5, 6}});
  ExpectNear(Hidden(3), AddNorm(cross_.norm, hidden, output_.Apply(context)));
}

TEST_F(AttentionTest, RelativeBiasOfEachHead) {
  RelativeBias bias = {.max_distance = 2, .values = FloatBuffer(4 * 5)};
  for (int i = 0; i < 20; ++i) bias.values.data()[i] = static_cast<float>(i);
  EXPECT_EQ(bias.OfHead(0)[-2], 0);
  EXPECT_EQ(bias.OfHead(0)[0], 2);
  EXPECT_EQ(bias.OfHead(3)[2], 19);
  // One that hides all but a row itself.
  for (int head = 0; head < 4; ++head) {
    for (int distance = -2; distance <= 2; ++distance) {
      bias.values.data()[head * 5 + 2 + distance] =
          distance == 0 ? 0.0f : -1000.0f;
    }
  }
  const Matrix hidden = RandomHidden(3);
  RaggedSelfAttention(self_, {.shape = kShape, .relative_bias = &bias},
                      {{0, 3}}, activations_);
  ExpectNear(Hidden(3), ExpectedSelf(hidden, {{0}, {1}, {2}}));
}

TEST_F(AttentionTest, WindowLimitsWhatRowsSee) {
  const Matrix hidden = RandomHidden(4);
  RaggedSelfAttention(self_, {.shape = kShape, .window = 1}, {{0, 4}},
                      activations_);
  ExpectNear(Hidden(4),
             ExpectedSelf(hidden, {{0, 1}, {0, 1, 2}, {1, 2, 3}, {2, 3}}));
}

}  // namespace
}  // namespace parley
