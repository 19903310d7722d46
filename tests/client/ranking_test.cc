#include "client/ranking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace parley::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<int64_t> Ranked(int limit,
                            const std::vector<std::optional<float>>& scores) {
  Ranking ranking(limit);
  int64_t number = 0;
  for (const std::optional<float>& score : scores) {
    ranking.Add({.score = score, .number = ++number, .line = ""});
  }
  std::vector<int64_t> numbers;
  for (const RankedLine& line : ranking.Take()) numbers.push_back(line.number);
  EXPECT_THAT(ranking.Take(), IsEmpty());
  return numbers;
}

TEST(Ranking, BestFirstThenByNumberAndFailedLast) {
  EXPECT_THAT(Ranked(kNoLimit, {0.5f, std::nullopt, -2.0f, 0.9f, 0.5f}),
              ElementsAre(4, 1, 5, 3, 2));
  EXPECT_THAT(Ranked(kNoLimit, {}), IsEmpty());
}

TEST(Ranking, KeepsTheBestOnly) {
  EXPECT_THAT(Ranked(2, {0.5f, std::nullopt, -2.0f, 0.9f, 0.5f}),
              ElementsAre(4, 1));
  EXPECT_THAT(Ranked(1, {1.0f, 1.0f, 1.0f}), ElementsAre(1));
  EXPECT_THAT(Ranked(9, {std::nullopt, 1.0f}), ElementsAre(2, 1));
}

TEST(Ranking, WhatIsNoNumberHasFailed) {
  EXPECT_THAT(Ranked(kNoLimit, {NAN, -1.0f, NAN, INFINITY}),
              ElementsAre(4, 2, 1, 3));
}

TEST(FormatScored, IsOneLine) {
  EXPECT_EQ(FormatScored(0.83425f, "a\nb"), "0.8342\ta b");
  EXPECT_EQ(FormatScored(-11.5f, ""), "-11.5000\t");
}

}  // namespace
}  // namespace parley::client
