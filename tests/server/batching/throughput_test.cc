#include "server/batching/throughput.h"

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(ThroughputTest, KnowsNothingAtFirst) {
  Throughput throughput;
  EXPECT_FALSE(throughput.work_per_second());
  throughput.Add(10, absl::Milliseconds(1));
  EXPECT_FALSE(throughput.work_per_second());
  throughput.Add(10, -absl::Seconds(1));
  EXPECT_FALSE(throughput.work_per_second());
}

TEST(ThroughputTest, AveragesUnevenSteps) {
  Throughput throughput;
  for (int i = 0; i < 1000; ++i) {
    throughput.Add(300, absl::Milliseconds(30));
    throughput.Add(10, absl::Milliseconds(1));
  }
  EXPECT_NEAR(throughput.work_per_second().value(), 10'000, 1);
}

TEST(ThroughputTest, CountsWorkAsItIsExpected) {
  Throughput throughput;
  throughput.Add(1000, absl::Seconds(1));
  EXPECT_NEAR(throughput.work_per_second().value(), 1000, 1);
  // Tasks take twice what is expected of them.
  for (int i = 0; i < 10; ++i) throughput.AddTask(20, 40);
  EXPECT_NEAR(throughput.work_per_second().value(), 500, 1);
  for (int i = 0; i < 2000; ++i) throughput.AddTask(20, 20);
  EXPECT_NEAR(throughput.work_per_second().value(), 1000, 2);
}

TEST(ThroughputTest, FollowsAChange) {
  Throughput throughput;
  for (int i = 0; i < 1000; ++i) throughput.Add(100, absl::Milliseconds(10));
  EXPECT_NEAR(throughput.work_per_second().value(), 10'000, 1);
  for (int i = 0; i < 3000; ++i) throughput.Add(20, absl::Milliseconds(10));
  EXPECT_NEAR(throughput.work_per_second().value(), 2000, 50);
}

}  // namespace
}  // namespace parley
