#include "engine/decoding/greedy_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "tests/engine/decoding/toy_model.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

SearchOptions Options(int max_new_tokens) {
  SearchOptions options;
  options.max_new_tokens = max_new_tokens;
  return options;
}

TEST(GreedySearchTest, TakesTheBestTokenAtEachStep) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const ToyModel model = {.seed = seed, .vocab_size = 30, .end_bias = 2};
    const SearchRules rules = ToyRules(model);
    GreedySearch search(Options(12), rules);
    auto logits = [&](auto prefix) { return model.Logits(prefix); };
    ASSERT_TRUE(Drive(logits, &search).ok());
    const std::vector<Hypothesis> found = search.TakeHypotheses();
    ASSERT_EQ(found.size(), 1u);

    std::vector<TokenId> prefix = {0};
    float sum = 0;
    for (size_t i = 0; i < found[0].token_ids.size(); ++i) {
      const std::vector<float> values = model.Logits(prefix);
      const TokenId best =
          std::max_element(values.begin(), values.end()) - values.begin();
      EXPECT_EQ(found[0].token_ids[i], best);
      EXPECT_NEAR(found[0].token_log_probs[i],
                  ReferenceLogProb(values, {}, best), 1e-5);
      sum += found[0].token_log_probs[i];
      prefix.push_back(best);
    }
    EXPECT_EQ(found[0].log_prob, sum);
    EXPECT_FLOAT_EQ(found[0].score, sum / found[0].token_ids.size());
    const bool ended = found[0].token_ids.back() == model.end_token;
    EXPECT_TRUE(ended || found[0].token_ids.size() == 12u);
    EXPECT_EQ(found[0].finish_reason,
              ended ? FinishReason::kEndOfSequence : FinishReason::kLength);
  }
}

TEST(GreedySearchTest, IsOneRowThatContinuesItself) {
  const SearchRules rules = ToyRules({});
  GreedySearch search(Options(3), rules);
  EXPECT_EQ(search.num_candidates(), 1);
  EXPECT_EQ(search.num_rows(), 1);
  EXPECT_EQ(search.input_token(0), rules.start_token);
  const std::vector<Candidate> candidates = {{.token = 4, .log_prob = -1}};
  ASSERT_TRUE(search.Advance({candidates}).ok());
  EXPECT_EQ(search.num_rows(), 1);
  EXPECT_EQ(search.parent(0), 0);
  EXPECT_EQ(search.input_token(0), 4);
  EXPECT_EQ(search.num_steps(), 1);
  EXPECT_FALSE(search.finished());
}

TEST(GreedySearchTest, EveryTokenIsCertainAtOnce) {
  const SearchRules rules = ToyRules({});
  GreedySearch search(Options(9), rules);
  std::vector<TokenId> told;
  search.AppendCertain(0, &told);
  EXPECT_THAT(told, IsEmpty());
  for (const TokenId token : {4, 6, 5}) {
    const std::vector<Candidate> candidates = {
        {.token = token, .log_prob = -1}};
    ASSERT_TRUE(search.Advance({candidates}).ok());
    search.AppendCertain(static_cast<int>(told.size()), &told);
    EXPECT_EQ(told.back(), token);
  }
  EXPECT_THAT(told, ElementsAre(4, 6, 5));
  EXPECT_FALSE(search.Advance({absl::Span<const Candidate>()}).ok());
  search.AppendCertain(0, &told);
  EXPECT_EQ(told.size(), 3u);
}

TEST(GreedySearchTest, ForcedEndAtTheLimit) {
  const ToyModel model = {.seed = 5, .end_bias = -100};
  SearchRules rules = ToyRules(model);
  rules.forced_end_token = rules.end_token;
  GreedySearch search(Options(1), rules);
  auto logits = [&](auto prefix) { return model.Logits(prefix); };
  ASSERT_TRUE(Drive(logits, &search).ok());
  const Hypothesis hypothesis = search.TakeHypotheses()[0];
  EXPECT_THAT(hypothesis.token_ids, ElementsAre(rules.end_token));
  EXPECT_THAT(hypothesis.token_log_probs, ElementsAre(0.0f));
  EXPECT_EQ(hypothesis.finish_reason, FinishReason::kLength);
}

TEST(GreedySearchTest, RowWithoutNumbersIsAnError) {
  const ToyModel model = {.seed = 5, .end_bias = -100};
  const SearchRules rules = ToyRules(model);
  GreedySearch search(Options(9), rules);
  auto logits = [&](absl::Span<const TokenId> prefix) {
    std::vector<float> values = model.Logits(prefix);
    if (prefix.size() == 3) {
      values[2] = std::numeric_limits<float>::quiet_NaN();
    }
    return values;
  };
  const absl::Status status = Drive(logits, &search);
  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(std::string(status.message()),
              testing::HasSubstr("target token 3"));
  EXPECT_THAT(search.TakeHypotheses(), IsEmpty());
}

TEST(GreedySearchTest, AllTokensForbiddenIsAnError) {
  const ToyModel model = {.vocab_size = 2};
  SearchRules rules = ToyRules(model);
  rules.bad_words = {{0}};
  SearchOptions options = Options(4);
  options.min_new_tokens = 1;
  GreedySearch search(options, rules);
  auto logits = [&](auto prefix) { return model.Logits(prefix); };
  EXPECT_EQ(Drive(logits, &search).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(search.TakeHypotheses(), IsEmpty());
}

}  // namespace
}  // namespace parley
