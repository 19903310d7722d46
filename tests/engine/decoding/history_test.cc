#include "engine/decoding/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(HistoryTest, RootIsTheStartTokenAlone) {
  const History history(/*start_token=*/7);
  EXPECT_EQ(history.token(History::kRoot), 7);
  EXPECT_EQ(history.length(History::kRoot), 0);
  Hypothesis hypothesis;
  hypothesis.token_ids = {1, 2};
  history.Read(History::kRoot, &hypothesis);
  EXPECT_THAT(hypothesis.token_ids, IsEmpty());
  EXPECT_THAT(hypothesis.token_log_probs, IsEmpty());
}

TEST(HistoryTest, BranchesShareTheirBeginning) {
  History history(7);
  const History::Node a = history.Append(History::kRoot, 1, -0.5f);
  const History::Node b = history.Append(a, 2, -1.0f);
  const History::Node c = history.Append(a, 3, -2.0f);
  EXPECT_EQ(history.token(b), 2);
  EXPECT_EQ(history.length(c), 2);
  Hypothesis hypothesis;
  history.Read(c, &hypothesis);
  EXPECT_THAT(hypothesis.token_ids, ElementsAre(1, 3));
  EXPECT_THAT(hypothesis.token_log_probs, ElementsAre(-0.5f, -2.0f));
  history.Read(b, &hypothesis);
  EXPECT_THAT(hypothesis.token_ids, ElementsAre(1, 2));
}

TEST(HistoryTest, EndsWithCountsTheStartToken) {
  History history(7);
  const History::Node a = history.Append(History::kRoot, 1, 0);
  const History::Node b = history.Append(a, 2, 0);
  EXPECT_TRUE(history.EndsWith(b, {}));
  EXPECT_TRUE(history.EndsWith(b, {2}));
  EXPECT_TRUE(history.EndsWith(b, {1, 2}));
  EXPECT_TRUE(history.EndsWith(b, {7, 1, 2}));
  EXPECT_FALSE(history.EndsWith(b, {2, 7, 1, 2}));
  EXPECT_FALSE(history.EndsWith(b, {1}));
  EXPECT_FALSE(history.EndsWith(b, {2, 2}));
  EXPECT_TRUE(history.EndsWith(History::kRoot, {7}));
  EXPECT_FALSE(history.EndsWith(History::kRoot, {7, 7}));
}

}  // namespace
}  // namespace parley
