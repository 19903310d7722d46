#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "absl/types/span.h"
#include "engine/kernels/vector_ops.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/every_target.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

using ::testing::Each;
using ::testing::IsNan;

constexpr float kInf = std::numeric_limits<float>::infinity();

double ReferenceLogSumExp(absl::Span<const float> x) {
  const double max = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (float v : x) sum += std::exp(v - max);
  return max + std::log(sum);
}

// Adding n numbers errs by far less than n units in the last place, as they are
// added lane by lane.
double SumTolerance(size_t n) { return kEpsilon * (8 + std::sqrt(n)); }

TEST(LogSumExpTest, MatchesDoublePrecision) {
  OnEveryTarget([] {
    std::vector<size_t> lengths = Lengths();
    lengths.push_back(58101);
    for (size_t n : lengths) {
      for (size_t offset : kOffsets) {
        MisalignedCopy x(RandomFloats(n).Normal(n, -3.0f, 4.0f), offset);
        const double expected = ReferenceLogSumExp(x.span());
        ASSERT_NEAR(LogSumExp(x.span()), expected,
                    SumTolerance(n) + kEpsilon * std::fabs(expected))
            << n;
      }
    }
  });
}

TEST(LogSumExpTest, StableForHugeNumbers) {
  OnEveryTarget([] {
    for (float huge : {1e4f, -1e4f, 3e38f, -3e38f}) {
      EXPECT_FLOAT_EQ(LogSumExp(std::vector<float>(1, huge)), huge);
      EXPECT_FLOAT_EQ(LogSumExp(std::vector<float>(35, huge)),
                      huge + std::log(35.0f));
    }
    EXPECT_FLOAT_EQ(LogSumExp({-3e38f, 0.0f, 3e38f}), 3e38f);
  });
}

TEST(LogSumExpTest, MaskedElementsCountNothing) {
  OnEveryTarget([] {
    std::vector<float> x(77, -kInf);
    x[5] = 1.5f;
    EXPECT_EQ(LogSumExp(x), 1.5f);
    EXPECT_EQ(LogSumExp(std::vector<float>(77, -kInf)), -kInf);
    EXPECT_EQ(LogSumExp({}), -kInf);
  });
}

TEST(LogSumExpTest, NanIsNotPassedOver) {
  OnEveryTarget([] {
    for (float others : {0.0f, -kInf}) {
      for (size_t place = 0; place < 77; ++place) {
        std::vector<float> x(77, others);
        x[place] = std::nanf("");
        ASSERT_TRUE(std::isnan(LogSumExp(x))) << place << " in " << others;
      }
    }
  });
}

TEST(SoftmaxTest, MatchesDoublePrecision) {
  OnEveryTarget([] {
    for (size_t n : Lengths()) {
      for (size_t offset : kOffsets) {
        const std::vector<float> x = RandomFloats(n).Normal(n, 5.0f, 8.0f);
        MisalignedCopy y(x, offset);
        Softmax(y.span());
        const double log_sum = ReferenceLogSumExp(x);
        const float max = *std::max_element(x.begin(), x.end());
        for (size_t i = 0; i < n; ++i) {
          const double expected = std::exp(x[i] - log_sum);
          // The difference to the greatest is rounded before exp.
          const double tolerance =
              expected * (SumTolerance(n) + kEpsilon * (max - x[i]));
          ASSERT_NEAR(y.span()[i], expected, tolerance) << i << " of " << n;
        }
      }
    }
  });
}

TEST(SoftmaxTest, MaskedElementsBecomeZero) {
  OnEveryTarget([] {
    for (size_t n : {1, 2, 17, 64, 100}) {
      std::vector<float> x(n, -kInf);
      x[n / 2] = -7.0f;
      Softmax(absl::MakeSpan(x));
      for (size_t i = 0; i < n; ++i) EXPECT_EQ(x[i], i == n / 2 ? 1.0f : 0.0f);
    }
  });
}

TEST(SoftmaxTest, FarBelowTheGreatestIsZeroNotGarbage) {
  OnEveryTarget([] {
    for (float low : {-86.0f, -87.0f, -100.0f, -1000.0f, -1e30f, -3e38f}) {
      std::vector<float> x(33, low);
      x[3] = 0.0f;
      Softmax(absl::MakeSpan(x));
      EXPECT_EQ(x[3], 1.0f);
      EXPECT_NEAR(x[32], std::exp(low), 3e-38f) << low;
    }
  });
}

TEST(SoftmaxTest, NanSpreadsOverTheRow) {
  OnEveryTarget([] {
    for (size_t place = 0; place < 40; ++place) {
      std::vector<float> x(40, 1.0f);
      x[place] = std::nanf("");
      Softmax(absl::MakeSpan(x));
      EXPECT_THAT(x, Each(IsNan())) << place;
    }
  });
}

TEST(SumOfExpTest, BlocksGiveTheLogarithmOfTheWhole) {
  OnEveryTarget([] {
    RandomFloats random(9);
    for (const size_t n : {1, 40, 500}) {
      const std::vector<float> x = random.Normal(n, 0.0f, 20.0f);
      for (const size_t block : {1, 7, 64}) {
        std::vector<float> max, sum;
        for (size_t begin = 0; begin < n; begin += block) {
          const ExpSum part =
              SumOfExp(absl::MakeConstSpan(x).subspan(begin, block));
          max.push_back(part.max);
          sum.push_back(part.sum);
        }
        const double expected = ReferenceLogSumExp(x);
        ASSERT_NEAR(LogOfExpSums(max, sum), expected,
                    4 * kEpsilon * (1 + std::abs(expected)));
      }
    }
  });
}

TEST(SumOfExpTest, SpecialNumbers) {
  OnEveryTarget([] {
    constexpr float kMinusInf = -std::numeric_limits<float>::infinity();
    const ExpSum none = SumOfExp(std::vector<float>(33, kMinusInf));
    EXPECT_EQ(none.max, kMinusInf);
    EXPECT_EQ(none.sum, 0.0f);
    EXPECT_EQ(SumOfExp({}).max, kMinusInf);
    EXPECT_TRUE(std::isnan(SumOfExp({1.0f, -kMinusInf}).sum));
    EXPECT_TRUE(std::isnan(SumOfExp({1.0f, std::nanf("")}).sum));
    EXPECT_TRUE(std::isnan(SumOfExp({kMinusInf, std::nanf("")}).sum));
    // Blocks of which nothing is left count nothing.
    EXPECT_FLOAT_EQ(LogOfExpSums({kMinusInf, 2.0f}, {0.0f, 1.0f}), 2.0f);
    EXPECT_EQ(LogOfExpSums({kMinusInf, kMinusInf}, {0.0f, 0.0f}), kMinusInf);
    EXPECT_TRUE(std::isnan(LogOfExpSums({1.0f, 2.0f}, {std::nanf(""), 1.0f})));
  });
}

}  // namespace
}  // namespace parley::kernels
