#include "engine/tokenizer/truncation.h"

#include "gtest/gtest.h"

namespace parley {
namespace {

using Lengths = std::pair<size_t, size_t>;

TEST(TruncationTest, LeavesWhatFits) {
  EXPECT_EQ(TruncateLongestFirst(3, 4, 7), Lengths(3, 4));
  EXPECT_EQ(TruncateLongestFirst(0, 0, 1), Lengths(0, 0));
}

TEST(TruncationTest, CutsTheLongerOne) {
  EXPECT_EQ(TruncateLongestFirst(3, 10, 8), Lengths(3, 5));
  EXPECT_EQ(TruncateLongestFirst(10, 3, 8), Lengths(5, 3));
  EXPECT_EQ(TruncateLongestFirst(0, 10, 8), Lengths(0, 8));
  EXPECT_EQ(TruncateLongestFirst(4, 10, 8), Lengths(4, 4));
}

TEST(TruncationTest, CutsBothToAHalf) {
  EXPECT_EQ(TruncateLongestFirst(10, 12, 8), Lengths(4, 4));
  EXPECT_EQ(TruncateLongestFirst(10, 12, 7), Lengths(3, 4));
  EXPECT_EQ(TruncateLongestFirst(12, 10, 7), Lengths(4, 3));
  EXPECT_EQ(TruncateLongestFirst(10, 10, 7), Lengths(3, 4));
  EXPECT_EQ(TruncateLongestFirst(5, 12, 7), Lengths(3, 4));
  EXPECT_EQ(TruncateLongestFirst(9, 9, 1), Lengths(0, 1));
}

TEST(TruncationTest, CutsOnlyWhatMayBeCut) {
  constexpr auto kFirst = PairTruncation::kOnlyFirst;
  constexpr auto kSecond = PairTruncation::kOnlySecond;
  EXPECT_EQ(TruncateOnly(kFirst, 3, 4, 7), Lengths(3, 4));
  EXPECT_EQ(TruncateOnly(kFirst, 3, 10, 11), Lengths(1, 10));
  EXPECT_EQ(TruncateOnly(kSecond, 3, 10, 11), Lengths(3, 8));
  EXPECT_EQ(TruncateOnly(kSecond, 3, 10, 4), Lengths(3, 1));
  EXPECT_EQ(TruncateOnly(kSecond, 3, 10, 3), std::nullopt);
  EXPECT_EQ(TruncateOnly(kFirst, 3, 10, 5), std::nullopt);
}

}  // namespace
}  // namespace parley
