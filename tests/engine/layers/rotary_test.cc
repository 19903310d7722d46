#include "engine/layers/rotary.h"

#include <cmath>
#include <vector>

#include "tests/engine/layers/layer_fixture.h"

namespace parley {
namespace {

using RotaryTest = LayerTest;

TEST_F(RotaryTest, TurnsPairsByTheirAngles) {
  const RotaryTable table({.base = 100, .head_dim = 4, .max_positions = 1000});
  for (const int position : {0, 1, 7, 999}) {
    std::vector<float> x = {1, 2, 3, 4};
    table.Rotate(position, absl::MakeSpan(x));
    // Angles position / 100^0 and position / 100^(1/2).
    const double a = position, b = position / 10.0;
    EXPECT_NEAR(x[0], 1 * std::cos(a) - 3 * std::sin(a), 1e-4);
    EXPECT_NEAR(x[2], 3 * std::cos(a) + 1 * std::sin(a), 1e-4);
    EXPECT_NEAR(x[1], 2 * std::cos(b) - 4 * std::sin(b), 1e-4);
    EXPECT_NEAR(x[3], 4 * std::cos(b) + 2 * std::sin(b), 1e-4);
  }
}

// A score depends on the distance of query and key only.
TEST_F(RotaryTest, ScoresDependOnDistance) {
  const RotaryTable table({.base = 10000, .head_dim = 8, .max_positions = 64});
  const std::vector<float> query = Random(8);
  const std::vector<float> key = Random(8);
  const auto score = [&](int query_position, int key_position) {
    std::vector<float> q = query, k = key;
    table.Rotate(query_position, absl::MakeSpan(q));
    table.Rotate(key_position, absl::MakeSpan(k));
    double sum = 0;
    for (int i = 0; i < 8; ++i) sum += double{q[i]} * k[i];
    return sum;
  };
  EXPECT_NEAR(score(5, 2), score(60, 57), 1e-5);
  EXPECT_NEAR(score(0, 9), score(30, 39), 1e-5);
}

TEST_F(RotaryTest, ValuesStayAndPositionsStartAnewInEachSequence) {
  const kernels::AttentionShape shape = {3, 4};
  const RotaryTable table({.base = 100, .head_dim = 4, .max_positions = 16});
  const std::vector<float> row = Random(3 * kDModel);
  for (int r = 0; r < 20; ++r) {
    std::copy(row.begin(), row.end(), activations_.wide() + r * 3 * kDModel);
  }
  RotateQueriesAndKeys(table, shape, {{0, 4}, {4, 16}}, activations_);
  const auto at = [&](int r) { return activations_.wide() + r * 3 * kDModel; };
  for (int i = 0; i < 3 * kDModel; ++i) {
    EXPECT_EQ(at(3)[i], at(7)[i]) << i;
    EXPECT_EQ(at(0)[i], row[i]) << i;
    if (i >= 2 * kDModel) {
      EXPECT_EQ(at(19)[i], row[i]) << i;
    }
  }
  std::vector<float> expected(row.begin() + kDModel, row.begin() + kDModel + 4);
  table.Rotate(2, absl::MakeSpan(expected));
  EXPECT_EQ(std::vector<float>(at(2) + kDModel, at(2) + kDModel + 4), expected);
}

}  // namespace
}  // namespace parley
