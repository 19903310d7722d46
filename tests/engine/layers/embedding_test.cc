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
  const EmbeddingTable table(ViewOf(values, 2), nullptr);
  EXPECT_EQ(table.vocab_size(), 3);
  EXPECT_EQ(table.d_model(), 2);
  std::vector<float> row(2);
  table.Read(2, absl::MakeSpan(row));
  EXPECT_EQ(row, (std::vector<float>{5, 6}));
}

TEST(EmbeddingTest, EmbedScalesTheTokenButNotThePosition) {
  const std::vector<float> values = {1, 2, 3, 4, 5, 6};
  const EmbeddingTable table(ViewOf(values, 2), nullptr);
  FloatBuffer positions(4);
  positions.data()[2] = 100;
  positions.data()[3] = 200;
  std::vector<float> row(2);
  Embed({table, positions, 10.0f}, {.id = 1, .position = 1},
        absl::MakeSpan(row));
  EXPECT_EQ(row, (std::vector<float>{130, 240}));
}

// Rows of random numbers, and what a table makes of them.
std::vector<float> ReadAll(const EmbeddingTable& table) {
  std::vector<float> all;
  std::vector<float> row(table.d_model());
  for (int64_t id = 0; id < table.vocab_size(); ++id) {
    table.Read(id, absl::MakeSpan(row));
    all.insert(all.end(), row.begin(), row.end());
  }
  return all;
}

TEST(EmbeddingTest, NarrowRowsAreCloseToTheirOwn) {
  constexpr int64_t kWidth = 37;
  std::vector<float> values;
  for (int i = 0; i < 20 * kWidth; ++i) values.push_back(std::sin(i * i));
  const EmbeddingTable full(ViewOf(values, kWidth), nullptr);
  const auto expect_near = [&](const EmbeddingTable& table, float tolerance) {
    ASSERT_EQ(table.vocab_size(), 20);
    const std::vector<float> read = ReadAll(table);
    for (size_t i = 0; i < values.size(); ++i) {
      ASSERT_NEAR(read[i], values[i], tolerance) << i;
    }
  };
  expect_near(EmbeddingTable::Narrow(full.rows(), kernels::Precision::kInt8),
              0.5f / 127);
  expect_near(EmbeddingTable::Narrow(full.rows(), kernels::Precision::kBF16),
              1.0f / 256);
  // A product's weight serves as a table too.
  const auto read_row = [&](int64_t id, absl::Span<float> row) {
    full.Read(id, row);
  };
  const kernels::PackedShape shape = {.in_features = kWidth,
                                      .out_features = 20};
  const EmbeddingTable packed(kernels::Pack(shape, read_row));
  expect_near(packed, 0.5f / 127);
  EXPECT_EQ(ReadAll(packed), ReadAll(EmbeddingTable::Narrow(
                                 full.rows(), kernels::Precision::kInt8)));
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
  const EmbeddingTable table(ViewOf(values, 2), nullptr);
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
