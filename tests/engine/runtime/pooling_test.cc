#include "engine/runtime/pooling.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::FloatEq;

// Three tokens of two numbers.
constexpr float kVectors[] = {1, -4, 3, -8, 8, -6};

std::vector<float> PoolThree(Pooling pooling, int num_skipped) {
  std::vector<float> vector(2);
  Pool(pooling,
       {.data = kVectors,
        .num_tokens = 3,
        .width = 2,
        .num_skipped = num_skipped},
       absl::MakeSpan(vector));
  return vector;
}

// What sentence-transformers makes of the tiny models, encoder_engine_test
// compares; these are worked out by hand.
TEST(PoolTest, EachKind) {
  EXPECT_THAT(PoolThree(Pooling::kCls, 0), ElementsAre(1, -4));
  EXPECT_THAT(PoolThree(Pooling::kLastToken, 0), ElementsAre(8, -6));
  EXPECT_THAT(PoolThree(Pooling::kMax, 0), ElementsAre(8, -4));
  EXPECT_THAT(PoolThree(Pooling::kMean, 0), ElementsAre(4, -6));
  EXPECT_THAT(PoolThree(Pooling::kMeanSqrtLength, 0),
              ElementsAre(FloatEq(12 / std::sqrt(3.0f)),
                          FloatEq(-18 / std::sqrt(3.0f))));
  // (1 + 2 * 3 + 3 * 8) / 6, (-4 - 16 - 18) / 6
  EXPECT_THAT(PoolThree(Pooling::kWeightedMean, 0),
              ElementsAre(FloatEq(31.0f / 6), FloatEq(-38.0f / 6)));
}

TEST(PoolTest, SkippedTokensTakeNoPart) {
  EXPECT_THAT(PoolThree(Pooling::kCls, 1), ElementsAre(3, -8));
  EXPECT_THAT(PoolThree(Pooling::kLastToken, 1), ElementsAre(8, -6));
  EXPECT_THAT(PoolThree(Pooling::kMax, 1), ElementsAre(8, -6));
  EXPECT_THAT(PoolThree(Pooling::kMean, 1), ElementsAre(5.5, -7));
  // Weights stay those of the whole text: (2 * 3 + 3 * 8) / 5.
  EXPECT_THAT(PoolThree(Pooling::kWeightedMean, 1),
              ElementsAre(FloatEq(6), FloatEq(-34.0f / 5)));
}

TEST(PoolTest, NanIsNotPassedOver) {
  for (const int bad : {0, 1, 2}) {
    std::vector<float> data = {1, 2, 3};
    data[bad] = std::numeric_limits<float>::quiet_NaN();
    for (const Pooling pooling :
         {Pooling::kMax, Pooling::kMean, Pooling::kMeanSqrtLength,
          Pooling::kWeightedMean}) {
      float value = 0;
      Pool(pooling, {.data = data.data(), .num_tokens = 3, .width = 1},
           absl::MakeSpan(&value, 1));
      EXPECT_TRUE(std::isnan(value)) << bad;
    }
  }
}

}  // namespace
}  // namespace parley
