#include "engine/decoding/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

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

TEST(HistoryTest, CommonPrefixIsTheLongest) {
  History history(7);
  const History::Node a = history.Append(History::kRoot, 1, 0);
  const History::Node b = history.Append(a, 2, 0);
  const History::Node c = history.Append(history.Append(a, 3, 0), 4, 0);
  // The same token on another branch is another sequence.
  const History::Node d = history.Append(History::kRoot, 5, 0);
  EXPECT_EQ(history.CommonPrefix(b, c), a);
  EXPECT_EQ(history.CommonPrefix(c, b), a);
  EXPECT_EQ(history.CommonPrefix(a, c), a);
  EXPECT_EQ(history.CommonPrefix(c, c), c);
  EXPECT_EQ(history.CommonPrefix(d, c), History::kRoot);
  EXPECT_EQ(history.CommonPrefix(History::kRoot, b), History::kRoot);
}

TEST(HistoryTest, AppendsTokensFromAPlaceOn) {
  History history(7);
  const History::Node a = history.Append(History::kRoot, 1, 0);
  const History::Node b = history.Append(history.Append(a, 2, 0), 3, 0);
  std::vector<TokenId> tokens = {9};
  history.AppendTokens(b, 1, &tokens);
  EXPECT_THAT(tokens, ElementsAre(9, 2, 3));
  history.AppendTokens(b, 3, &tokens);
  EXPECT_THAT(tokens, ElementsAre(9, 2, 3));
  history.AppendTokens(b, 0, &tokens);
  EXPECT_THAT(tokens, ElementsAre(9, 2, 3, 1, 2, 3));
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
