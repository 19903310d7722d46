#include "engine/layers/embedding.h"

#include <cmath>
#include <cstring>
#include <vector>

#include "gtest/gtest.h"

namespace parley {
namespace {

TensorView ViewOf(const std::vector<float>& values, int64_t columns) {
  return {.dtype = DType::kF32,
          .shape = {static_cast<int64_t>(values.size()) / columns, columns},
          .data = absl::MakeConstSpan(
              reinterpret_cast<const std::byte*>(values.data()),
              values.size() * sizeof(float))};
}

TEST(EmbeddingTest, ReadsARow) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const EmbeddingTable table(ViewOf(values, 2));
  EXPECT_EQ(table.vocab_size(), 3);
  EXPECT_EQ(table.d_model(), 2);
  std::vector<float> row(2);
  table.Read(2, absl::MakeSpan(row));
  EXPECT_EQ(row, (std::vector<float>{5, 6}));
}

TEST(EmbeddingTest, EmbedScalesTheTokenButNotThePosition) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const EmbeddingTable table(ViewOf(values, 2));
  FloatBuffer positions(4);
  positions.data()[2] = 100;
  positions.data()[3] = 200;
  std::vector<float> row(2);
  Embed({table, positions, 10.0f}, {.id = 1, .position = 1},
        absl::MakeSpan(row));
  EXPECT_EQ(row, (std::vector<float>{130, 240}));
}

// The first rows as the definition has them, worked out by hand for d_model 4:
// angles position / 10000^0 and position / 10000^(1/2).
TEST(SinusoidalPositionsTest, SinesThenCosines) {
  const FloatBuffer table = SinusoidalPositions(3, 4);
  for (int position = 0; position < 3; ++position) {
    const float* row = table.data() + position * 4;
    EXPECT_FLOAT_EQ(row[0], std::sin(position));
    EXPECT_FLOAT_EQ(row[1], std::sin(position / 100.0));
    EXPECT_FLOAT_EQ(row[2], std::cos(position));
    EXPECT_FLOAT_EQ(row[3], std::cos(position / 100.0));
  }
}

TEST(SinusoidalPositionsTest, OddWidthHasOneSineMore) {
  const FloatBuffer table = SinusoidalPositions(2, 5);
  const float* row = table.data() + 5;
  EXPECT_FLOAT_EQ(row[2], std::sin(1 / std::pow(10000.0, 0.8)));
  EXPECT_FLOAT_EQ(row[3], std::cos(1.0));
  EXPECT_FLOAT_EQ(row[4], std::cos(1 / std::pow(10000.0, 0.4)));
}

TEST(EmbedInSegmentTest, SumsAndNormalizes) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 7};
  const EmbeddingTable table(ViewOf(values, 2));
  FloatBuffer positions(4), segments(4);
  positions.data()[3] = 10;
  segments.data()[2] = 1;
  NormWeights norm = {.scale = FloatBuffer(2), .shift = FloatBuffer(2)};
  norm.scale.data()[0] = norm.scale.data()[1] = 2;
  norm.shift.data()[1] = 1;
  std::vector<float> row(2);
  // [5, 7] + [0, 10] + [1, 0] = [6, 17], normalized to [-1, 1].
  EmbedInSegment({table, positions, segments, norm},
                 {.id = 2, .position = 1, .segment = 1}, absl::MakeSpan(row));
  EXPECT_NEAR(row[0], -2, 1e-5);
  EXPECT_NEAR(row[1], 3, 1e-5);
  // [5, 7] alone has the same signs.
  const FloatBuffer none;
  EmbedInSegment({table, none, none, norm}, {.id = 2}, absl::MakeSpan(row));
  EXPECT_NEAR(row[0], -2, 1e-4);
}

}  // namespace
}  // namespace parley
