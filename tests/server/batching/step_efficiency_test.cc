#include "server/batching/step_efficiency.h"

#include <algorithm>

#include "gtest/gtest.h"

namespace parley {
namespace {

// Weights take a millisecond to come, and ten rows are computed meanwhile.
absl::Duration TimeOf(int64_t num_rows) {
  return absl::Microseconds(std::max<int64_t>(1000, 100 * num_rows));
}

TEST(StepEfficiencyTest, KnowsNothingAtFirst) {
  StepEfficiency efficiency;
  EXPECT_FALSE(efficiency.efficient_rows());
  efficiency.Add(0, absl::Seconds(1));
  efficiency.Add(4, absl::ZeroDuration());
  efficiency.Add(4, -absl::Seconds(1));
  EXPECT_FALSE(efficiency.efficient_rows());
}

TEST(StepEfficiencyTest, FindsWhereRowsBeginToCost) {
  StepEfficiency efficiency;
  for (const int64_t rows : {1, 4, 8, 12, 16, 64, 200}) {
    efficiency.Add(rows, TimeOf(rows));
  }
  // Steps of 8 to 15 rows have computed 20 rows in 2.2 ms, nine tenths of the
  // best; those of 4 have computed less than half of it.
  EXPECT_EQ(efficiency.efficient_rows(), 8);
}

TEST(StepEfficiencyTest, KnowsOnlyWhatItHasSeen) {
  StepEfficiency efficiency;
  efficiency.Add(4, TimeOf(4));
  EXPECT_EQ(efficiency.efficient_rows(), 4);
  efficiency.Add(64, TimeOf(64));
  EXPECT_EQ(efficiency.efficient_rows(), 64);
  efficiency.Add(20, TimeOf(20));
  EXPECT_EQ(efficiency.efficient_rows(), 16);
}

TEST(StepEfficiencyTest, FollowsAChange) {
  StepEfficiency efficiency;
  efficiency.Add(4, absl::Milliseconds(1));
  efficiency.Add(64, absl::Milliseconds(1));
  EXPECT_EQ(efficiency.efficient_rows(), 64);
  for (int i = 0; i < 200; ++i) efficiency.Add(64, absl::Milliseconds(16));
  EXPECT_EQ(efficiency.efficient_rows(), 4);
}

TEST(StepEfficiencyTest, TakesAnyNumberOfRows) {
  StepEfficiency efficiency;
  efficiency.Add(int64_t{1} << 40, absl::Seconds(1));
  EXPECT_EQ(efficiency.efficient_rows(), int64_t{1} << 15);
}

}  // namespace
}  // namespace parley
