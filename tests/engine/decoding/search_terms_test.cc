#include "engine/decoding/search_terms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr TokenId kStart = 0;
constexpr TokenId kEnd = 1;

SearchRules Rules() {
  SearchRules rules;
  rules.vocab_size = 10;
  rules.start_token = kStart;
  rules.end_token = kEnd;
  return rules;
}

SearchOptions Options() {
  SearchOptions options;
  options.max_new_tokens = 4;
  return options;
}

TEST(SearchTermsTest, BadWordsMatchTheHistoryWithItsStart) {
  SearchRules rules = Rules();
  rules.bad_words = {{5},       {kStart, 6}, {3, 7}, {kStart, 3, 8},
                     {3, 3, 9}, {kEnd},      {},     {3, kEnd}};
  const SearchTerms terms(Options(), rules);
  History history(kStart);
  RowConstraints constraints;
  terms.Constrain(history, History::kRoot, &constraints);
  EXPECT_THAT(constraints.forbidden, UnorderedElementsAre(5, 6));
  EXPECT_EQ(constraints.forced, -1);
  EXPECT_FALSE(constraints.renormalize);

  const History::Node node = history.Append(History::kRoot, 3, 0);
  terms.Constrain(history, node, &constraints);
  EXPECT_THAT(constraints.forbidden, UnorderedElementsAre(5, 7, 8, kEnd));
}

TEST(SearchTermsTest, EndIsForbiddenBelowMinNewTokens) {
  const SearchRules rules = Rules();
  SearchOptions options = Options();
  options.min_new_tokens = 1;
  const SearchTerms terms(options, rules);
  History history(kStart);
  RowConstraints constraints;
  terms.Constrain(history, History::kRoot, &constraints);
  EXPECT_THAT(constraints.forbidden, ElementsAre(kEnd));
  terms.Constrain(history, history.Append(History::kRoot, 3, 0), &constraints);
  EXPECT_THAT(constraints.forbidden, IsEmpty());
}

TEST(SearchTermsTest, ForcedTokenBeatsAllElseAtTheLastPosition) {
  SearchRules rules = Rules();
  rules.forced_end_token = kEnd;
  rules.renormalize = true;
  rules.bad_words = {{5}};
  SearchOptions options = Options();
  options.max_new_tokens = 2;
  options.min_new_tokens = 2;
  const SearchTerms terms(options, rules);
  History history(kStart);
  RowConstraints constraints;
  terms.Constrain(history, History::kRoot, &constraints);
  EXPECT_EQ(constraints.forced, -1);
  EXPECT_TRUE(constraints.renormalize);
  EXPECT_THAT(constraints.forbidden, UnorderedElementsAre(5, kEnd));
  terms.Constrain(history, history.Append(History::kRoot, 3, 0), &constraints);
  EXPECT_EQ(constraints.forced, kEnd);
}

TEST(SearchTermsTest, CompletesAtTheEndTokenOrTheLimit) {
  const SearchRules rules = Rules();
  const SearchTerms terms(Options(), rules);
  EXPECT_TRUE(terms.Completes(kEnd, 1));
  EXPECT_FALSE(terms.Completes(5, 3));
  EXPECT_TRUE(terms.Completes(5, 4));
}

TEST(SearchTermsTest, ScoreDividesByThePowerOfTheLength) {
  const SearchRules rules = Rules();
  SearchOptions options = Options();
  for (float penalty : {-1.0f, 0.0f, 0.6f, 1.0f, 2.0f}) {
    options.length_penalty = penalty;
    const SearchTerms terms(options, rules);
    for (int length : {1, 2, 7, 500}) {
      const double expected = -3.5 / std::pow(length, penalty);
      EXPECT_NEAR(terms.Score(-3.5f, length), expected, 1e-6 * -expected);
    }
  }
}

TEST(SearchTermsTest, ScoreIsFiniteForAnyPenalty) {
  const SearchRules rules = Rules();
  SearchOptions options = Options();
  constexpr float kMax = std::numeric_limits<float>::max();
  for (float penalty : {-kMax, -1000.0f, -13.0f, 13.0f, 1000.0f, kMax}) {
    options.length_penalty = penalty;
    const SearchTerms terms(options, rules);
    for (int length : {1, 2, 512}) {
      for (float log_prob : {0.0f, -1e-30f, -5.0f, -1e30f, -kMax}) {
        const float score = terms.Score(log_prob, length);
        EXPECT_TRUE(std::isfinite(score)) << penalty << " " << length;
        EXPECT_LE(score, 0.0f);
      }
    }
  }
}

TEST(SearchTermsTest, DescribesWhatTheHistoryHolds) {
  const SearchRules rules = Rules();
  const SearchTerms terms(Options(), rules);
  History history(kStart);
  History::Node node = history.Append(History::kRoot, 3, -1.0f);
  node = history.Append(node, kEnd, -2.0f);
  const Hypothesis hypothesis = terms.Describe(history, node, -3.0f);
  EXPECT_THAT(hypothesis.token_ids, ElementsAre(3, kEnd));
  EXPECT_THAT(hypothesis.token_log_probs, ElementsAre(-1.0f, -2.0f));
  EXPECT_EQ(hypothesis.log_prob, -3.0f);
  EXPECT_EQ(hypothesis.score, -1.5f);
  EXPECT_EQ(hypothesis.finish_reason, FinishReason::kEndOfSequence);
}

TEST(SearchTermsTest, FinishReasonIsLengthWhereTheLimitEndedIt) {
  SearchRules rules = Rules();
  SearchOptions options = Options();
  options.max_new_tokens = 1;
  History history(kStart);
  const History::Node other = history.Append(History::kRoot, 3, -1.0f);
  const History::Node end = history.Append(History::kRoot, kEnd, -1.0f);
  {
    const SearchTerms terms(options, rules);
    EXPECT_EQ(terms.Describe(history, other, -1).finish_reason,
              FinishReason::kLength);
    EXPECT_EQ(terms.Describe(history, end, -1).finish_reason,
              FinishReason::kEndOfSequence);
  }
  rules.forced_end_token = kEnd;
  const SearchTerms terms(options, rules);
  EXPECT_EQ(terms.Describe(history, end, -1).finish_reason,
            FinishReason::kLength);
}

TEST(SearchTermsTest, ExplainsWhyNothingFollows) {
  SearchRules rules = Rules();
  rules.vocab_size = 3;
  rules.bad_words = {{0}, {2}, {99}};
  SearchOptions options = Options();
  options.min_new_tokens = 1;
  History history(kStart);
  {
    const SearchTerms terms(options, rules);
    EXPECT_TRUE(terms.ExplainNoCandidates(history, History::kRoot).ok());
    const absl::Status status = terms.NothingFound(history, History::kRoot);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()), HasSubstr("bad_words_ids"));
  }
  options.min_new_tokens = 0;
  const SearchTerms terms(options, rules);
  const absl::Status status =
      terms.ExplainNoCandidates(history, History::kRoot);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()), HasSubstr("target token 1"));
  EXPECT_EQ(terms.NothingFound(history, History::kRoot), status);
}

}  // namespace
}  // namespace parley
