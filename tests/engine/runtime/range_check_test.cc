#include "engine/runtime/range_check.h"

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(CheckRangeTest, BothEndsBelongToIt) {
  EXPECT_TRUE(CheckRange("x", -3, -3, 5).ok());
  EXPECT_TRUE(CheckRange("x", 5, -3, 5).ok());
  EXPECT_FALSE(CheckRange("x", -4, -3, 5).ok());
  EXPECT_FALSE(CheckRange("x", 6, -3, 5).ok());
}

TEST(CheckRangeTest, LargeNumbersAreNamedInFull) {
  EXPECT_EQ(
      CheckRange("a token", 1'000'000, 0, 999'999),
      absl::InvalidArgumentError("a token is 1000000, expected 0 to 999999"));
}

}  // namespace
}  // namespace parley
