#include "engine/layers/activations.h"

#include <algorithm>
#include <cmath>

#include "engine/kernels/linear.h"
#include "engine/kernels/team.h"
#include "engine/layers/thread_team.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(ActivationsTest, HasRoomForRoundedRows) {
  SetTeamSize(2);
  // 5 rows round up to more; the sanitizers watch the far ends.
  Activations activations({.max_rows = 5,
                           .d_model = 8,
                           .max_ffn_dim = 40,
                           .num_heads = 2,
                           .max_positions = 9});
  const int64_t rows = kernels::RoundUpRows(5);
  ASSERT_GE(rows, 5);
  const auto is_finite = [](float v) { return std::isfinite(v); };
  EXPECT_TRUE(std::all_of(activations.hidden(), activations.hidden() + rows * 8,
                          is_finite));
  EXPECT_TRUE(std::all_of(activations.attended(),
                          activations.attended() + rows * 8, is_finite));
  EXPECT_TRUE(std::all_of(activations.delta(), activations.delta() + rows * 8,
                          is_finite));
  EXPECT_TRUE(std::all_of(activations.wide(), activations.wide() + rows * 40,
                          is_finite));
}

TEST(ActivationsTest, WideHoldsQueryKeyAndValue) {
  Activations activations({.max_rows = 1,
                           .d_model = 8,
                           .max_ffn_dim = 2,
                           .num_heads = 2,
                           .max_positions = 9});
  std::fill_n(activations.wide(), 24, 1.0f);
  EXPECT_EQ(activations.wide()[23], 1.0f);
}

TEST(ActivationsTest, EachThreadHasItsOwnScores) {
  SetTeamSize(2);
  Activations activations({.max_rows = 1,
                           .d_model = 8,
                           .max_ffn_dim = 2,
                           .num_heads = 2,
                           .max_positions = 9});
  std::vector<float*> scores(2, nullptr);
  kernels::ForEachRow(2 * kernels::kMinRowsForTeam, [&](int64_t i) {
    EXPECT_EQ(activations.scores().size(), 18u);
    scores[kernels::TeamThread()] = activations.scores().data();
  });
  EXPECT_NE(scores[0], scores[1]);
}

}  // namespace
}  // namespace parley
