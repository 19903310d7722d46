#include "engine/shortlist/likeliest.h"

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<TokenId> Best(int max_targets,
                          const std::vector<WeightedTarget>& all) {
  LikeliestTargets likeliest(max_targets);
  for (const WeightedTarget& each : all) likeliest.Add(each);
  return std::move(likeliest).Take();
}

TEST(LikeliestTargetsTest, BestFirst) {
  EXPECT_THAT(Best(10, {{1, 0.2f}, {2, 0.5f}, {3, 0.3f}}),
              ElementsAre(2, 3, 1));
  EXPECT_THAT(Best(2, {{1, 0.2f}, {2, 0.5f}, {3, 0.3f}}), ElementsAre(2, 3));
  EXPECT_THAT(Best(1, {{1, 0.2f}, {2, 0.1f}, {3, 0.3f}}), ElementsAre(3));
  EXPECT_THAT(Best(3, {}), IsEmpty());
}

TEST(LikeliestTargetsTest, EachOnceByItsBest) {
  EXPECT_THAT(Best(5, {{1, 0.1f}, {2, 0.5f}, {1, 0.7f}, {2, 0.2f}}),
              ElementsAre(1, 2));
}

TEST(LikeliestTargetsTest, TheOrderOfComingDoesNotMatter) {
  std::vector<WeightedTarget> all;
  for (int i = 0; i < 500; ++i) {
    all.push_back({i, static_cast<float>(i % 7)});  // Many equals.
  }
  std::vector<TokenId> wanted;
  for (int i = 6; i < 500 && wanted.size() < 20; i += 7) wanted.push_back(i);
  std::mt19937 random(5);
  for (int round = 0; round < 20; ++round) {
    std::shuffle(all.begin(), all.end(), random);
    EXPECT_EQ(Best(20, all), wanted);
  }
}

}  // namespace
}  // namespace parley
