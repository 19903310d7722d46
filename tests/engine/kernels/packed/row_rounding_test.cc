#include "engine/kernels/packed/row_rounding.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/every_target.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

using ::testing::Each;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

struct Rounded {
  RowRange range;
  std::vector<uint8_t> bytes;
};

Rounded ToUint8(absl::Span<const float> x, int levels) {
  Rounded rounded;
  rounded.bytes.resize(x.size());
  rounded.range = RoundToUint8(x, levels, absl::MakeSpan(rounded.bytes));
  return rounded;
}

TEST(RoundToUint8Test, IsWithinHalfAStepOfEachNumber) {
  OnEveryTarget([] {
    RandomFloats random(1);
    for (const size_t n : Lengths()) {
      for (const float mean : {0.0f, 3.0f, -5.0f}) {
        MisalignedCopy x(random.Normal(n, mean), n % 5);
        for (const int levels : {127, 255}) {
          const Rounded rounded = ToUint8(x.span(), levels);
          const double scale = rounded.range.scale;
          for (size_t i = 0; i < n; ++i) {
            ASSERT_LE(rounded.bytes[i], levels);
            // Half a step for the number, and half for the place of zero.
            ASSERT_NEAR(scale * (rounded.bytes[i] - rounded.range.zero),
                        x.span()[i], scale * 1.001)
                << i << " of " << n;
          }
        }
      }
    }
  });
}

TEST(RoundToUint8Test, EveryTargetGivesTheSameBits) {
  const std::vector<float> x = RandomFloats(2).Normal(1000);
  std::vector<Rounded> all;
  OnEveryTarget([&] { all.push_back(ToUint8(x, 255)); });
  for (const Rounded& rounded : all) {
    EXPECT_EQ(rounded.bytes, all[0].bytes);
    EXPECT_EQ(rounded.range.scale, all[0].range.scale);
    EXPECT_EQ(rounded.range.zero, all[0].range.zero);
  }
}

TEST(RoundToUint8Test, ZeroStaysZero) {
  for (const float other : {1.0f, -1.0f, 7e20f}) {
    const std::vector<float> x = {0.0f, other, 0.0f, 0.3f * other};
    const Rounded rounded = ToUint8(x, 255);
    EXPECT_EQ(rounded.bytes[0], rounded.range.zero);
    EXPECT_EQ(rounded.bytes[2], rounded.range.zero);
  }
  const Rounded nothing = ToUint8(std::vector<float>(40, 0.0f), 255);
  EXPECT_EQ(nothing.range.scale, 0.0f);
  EXPECT_THAT(nothing.bytes, Each(0));
  EXPECT_EQ(ToUint8({}, 255).range.scale, 0.0f);
}

TEST(RoundToUint8Test, WhatIsTooSmallCountsAsZero) {
  const Rounded rounded = ToUint8(std::vector<float>(9, 1e-35f), 255);
  EXPECT_EQ(rounded.range.scale, 0.0f);
}

TEST(RoundToUint8Test, BrokenNumbersBreakTheScale) {
  OnEveryTarget([] {
    for (const float broken : {kNan, kInf, -kInf}) {
      for (const size_t place : {0, 15, 16, 33}) {
        std::vector<float> x(34, 0.5f);
        x[place] = broken;
        EXPECT_TRUE(std::isnan(ToUint8(x, 255).range.scale)) << place;
        std::vector<int8_t> bytes(x.size());
        EXPECT_TRUE(std::isnan(RoundToInt8(x, absl::MakeSpan(bytes))));
        std::vector<int16_t> numbers(x.size());
        EXPECT_TRUE(std::isnan(RoundToInt16(x, absl::MakeSpan(numbers))));
      }
    }
  });
}

TEST(RoundToInt8Test, IsWithinHalfAStepAndSymmetric) {
  OnEveryTarget([] {
    RandomFloats random(3);
    for (const size_t n : Lengths()) {
      std::vector<float> x = random.Normal(n);
      std::vector<int8_t> bytes(n), negated(n);
      const double scale = RoundToInt8(x, absl::MakeSpan(bytes));
      for (size_t i = 0; i < n; ++i) {
        ASSERT_GE(bytes[i], -127);
        ASSERT_NEAR(scale * bytes[i], x[i], scale * 0.5001);
      }
      for (float& number : x) number = -number;
      RoundToInt8(x, absl::MakeSpan(negated));
      for (size_t i = 0; i < n; ++i) ASSERT_EQ(negated[i], -bytes[i]);
    }
  });
}

TEST(RoundToInt16Test, TakesTheGreatestToTheEndsAndTheRestNear) {
  OnEveryTarget([] {
    RandomFloats random(4);
    for (const size_t n : Lengths()) {
      const std::vector<float> x = random.Normal(n);
      std::vector<int16_t> numbers(n);
      const double scale = RoundToInt16(x, absl::MakeSpan(numbers));
      int most = 0;
      for (size_t i = 0; i < n; ++i) {
        most = std::max(most, std::abs(int{numbers[i]}));
        // Products of 24 bits leave this much of 16.
        ASSERT_NEAR(scale * numbers[i], x[i], scale * 0.51);
      }
      EXPECT_EQ(most, n == 0 ? 0 : 32767);
    }
  });
}

}  // namespace
}  // namespace parley::kernels
