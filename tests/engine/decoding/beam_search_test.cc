#include "engine/decoding/beam_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <vector>

#include "engine/decoding/greedy_search.h"
#include "tests/engine/decoding/toy_model.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr EarlyStopping kAllEarlyStopping[] = {
    EarlyStopping::kHeuristic, EarlyStopping::kFirst, EarlyStopping::kNever};

SearchOptions Options(int num_beams, int max_new_tokens) {
  SearchOptions options;
  options.num_beams = num_beams;
  options.num_hypotheses = num_beams;
  options.max_new_tokens = max_new_tokens;
  return options;
}

LogitsFunction LogitsOf(const ToyModel& model) {
  return [model](auto prefix) { return model.Logits(prefix); };
}

std::vector<Hypothesis> MustFind(const ToyModel& model, Search* search) {
  const absl::Status status = Drive(LogitsOf(model), search);
  EXPECT_TRUE(status.ok()) << status;
  return search->TakeHypotheses();
}

// The rules of `seed`, with something of everything.
SearchRules RandomRules(const ToyModel& model, std::mt19937* random) {
  SearchRules rules = ToyRules(model);
  rules.renormalize = (*random)() % 2 == 0;
  if ((*random)() % 2 == 0) rules.forced_end_token = rules.end_token;
  for (uint32_t i = (*random)() % 8; i > 0; --i) {
    std::vector<TokenId> word;
    for (uint32_t length = (*random)() % 4; length > 0; --length) {
      word.push_back((*random)() % (model.vocab_size + 1));
    }
    rules.bad_words.push_back(word);
  }
  return rules;
}

TEST(BeamSearchTest, BeamOfOneIsGreedy) {
  std::mt19937 random(1);
  int num_compared = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    const ToyModel model = {.seed = seed,
                            .vocab_size = 2 + static_cast<int>(random() % 20),
                            .end_bias = static_cast<float>(random() % 4)};
    const SearchRules rules = RandomRules(model, &random);
    SearchOptions options = Options(1, 1 + random() % 12);
    options.min_new_tokens = random() % (options.max_new_tokens + 1);
    options.length_penalty = 0.5f * (static_cast<int>(random() % 7) - 2);
    GreedySearch greedy(options, rules);
    const absl::Status greedy_status = Drive(LogitsOf(model), &greedy);
    const std::vector<Hypothesis> expected = greedy.TakeHypotheses();
    for (EarlyStopping early_stopping :
         {EarlyStopping::kHeuristic, EarlyStopping::kFirst}) {
      options.early_stopping = early_stopping;
      BeamSearch beam(options, rules);
      EXPECT_EQ(Drive(LogitsOf(model), &beam), greedy_status);
      const std::vector<Hypothesis> found = beam.TakeHypotheses();
      ASSERT_EQ(found.size(), expected.size());
      if (found.empty()) continue;
      ++num_compared;
      EXPECT_EQ(found[0].token_ids, expected[0].token_ids);
      EXPECT_EQ(found[0].token_log_probs, expected[0].token_log_probs);
      EXPECT_EQ(found[0].log_prob, expected[0].log_prob);
      EXPECT_EQ(found[0].score, expected[0].score);
      EXPECT_EQ(found[0].finish_reason, expected[0].finish_reason);
    }
  }
  EXPECT_GT(num_compared, 600);
}

// The constraints on the token after `prefix`, derived here once more.
RowConstraints ReferenceConstraints(const SearchOptions& options,
                                    const SearchRules& rules,
                                    const std::vector<TokenId>& prefix) {
  RowConstraints constraints;
  constraints.renormalize = rules.renormalize;
  const int length = static_cast<int>(prefix.size()) - 1;
  if (length < options.min_new_tokens) {
    constraints.forbidden.push_back(rules.end_token);
  }
  for (const std::vector<TokenId>& word : rules.bad_words) {
    if (word.empty() || word == std::vector<TokenId>{rules.end_token} ||
        word.size() > prefix.size() + 1) {
      continue;
    }
    if (std::equal(word.begin(), word.end() - 1,
                   prefix.end() - (word.size() - 1))) {
      constraints.forbidden.push_back(word.back());
    }
  }
  if (length == options.max_new_tokens - 1) {
    constraints.forced = rules.forced_end_token;
  }
  return constraints;
}

void ExpectConsistent(const ToyModel& model, const SearchOptions& options,
                      const SearchRules& rules, const Hypothesis& hypothesis) {
  ASSERT_EQ(hypothesis.token_ids.size(), hypothesis.token_log_probs.size());
  std::vector<TokenId> prefix = {rules.start_token};
  float sum = 0;
  for (size_t i = 0; i < hypothesis.token_ids.size(); ++i) {
    const double expected = ReferenceLogProb(
        model.Logits(prefix), ReferenceConstraints(options, rules, prefix),
        hypothesis.token_ids[i]);
    EXPECT_NEAR(hypothesis.token_log_probs[i], expected, 1e-5);
    sum += hypothesis.token_log_probs[i];
    prefix.push_back(hypothesis.token_ids[i]);
  }
  EXPECT_EQ(hypothesis.log_prob, sum);
  const double length = static_cast<double>(hypothesis.token_ids.size());
  const double score = sum / std::pow(length, options.length_penalty);
  EXPECT_NEAR(hypothesis.score, score, 1e-5 * (1 + std::abs(score)));
}

TEST(BeamSearchTest, HypothesesAreDistinctOrderedAndAddUp) {
  std::mt19937 random(2);
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const ToyModel model = {.seed = seed,
                            .vocab_size = 3 + static_cast<int>(random() % 30),
                            .end_bias = static_cast<float>(random() % 4)};
    const SearchRules rules = RandomRules(model, &random);
    SearchOptions options = Options(2 + random() % 12, 1 + random() % 12);
    options.min_new_tokens = random() % (options.max_new_tokens + 1);
    options.early_stopping = kAllEarlyStopping[random() % 3];
    options.length_penalty = 0.5f * (static_cast<int>(random() % 7) - 2);
    BeamSearch search(options, rules);
    if (!Drive(LogitsOf(model), &search).ok()) continue;
    std::set<std::vector<TokenId>> seen;
    float last = 0;
    const std::vector<Hypothesis> found = search.TakeHypotheses();
    EXPECT_FALSE(found.empty());
    for (const Hypothesis& hypothesis : found) {
      ExpectConsistent(model, options, rules, hypothesis);
      EXPECT_TRUE(seen.insert(hypothesis.token_ids).second);
      EXPECT_LE(hypothesis.score, last);
      last = hypothesis.score;
    }
  }
}

bool BeginsWith(const std::vector<TokenId>& tokens,
                const std::vector<TokenId>& prefix) {
  return prefix.size() <= tokens.size() &&
         std::equal(prefix.begin(), prefix.end(), tokens.begin());
}

TEST(BeamSearchTest, WhatIsCertainIsNeverTakenBack) {
  std::mt19937 random(4);
  int num_told = 0;
  int num_searches = 0;
  for (uint64_t seed = 0; seed < 600; ++seed) {
    // Steep logits make beams that agree, flat ones beams that do not.
    const ToyModel model = {.seed = seed,
                            .vocab_size = 3 + static_cast<int>(random() % 30),
                            .scale = 0.25f * (1 + random() % 12),
                            .end_bias = static_cast<float>(random() % 4) - 2};
    const SearchRules rules = RandomRules(model, &random);
    SearchOptions options = Options(1 + random() % 12, 1 + random() % 20);
    options.min_new_tokens = random() % (options.max_new_tokens + 1);
    options.early_stopping = kAllEarlyStopping[random() % 3];
    options.length_penalty = 0.5f * (static_cast<int>(random() % 7) - 2);
    BeamSearch search(options, rules);
    // All that was told before each step, and who told it.
    std::vector<std::vector<TokenId>> told(1);
    const auto logits = [&](absl::Span<const TokenId> prefix) {
      std::vector<TokenId> now = told.back();
      search.AppendCertain(static_cast<int>(now.size()), &now);
      told.push_back(now);
      std::vector<TokenId> whole;
      search.AppendCertain(0, &whole);
      EXPECT_EQ(now, whole);
      return model.Logits(prefix);
    };
    if (!Drive(logits, &search).ok()) continue;
    std::vector<TokenId> all;
    search.AppendCertain(0, &all);
    const std::vector<Hypothesis> found = search.TakeHypotheses();
    EXPECT_EQ(all, found[0].token_ids);
    for (const std::vector<TokenId>& tokens : told) {
      EXPECT_TRUE(BeginsWith(found[0].token_ids, tokens));
    }
    num_told += static_cast<int>(told.back().size());
    ++num_searches;
  }
  EXPECT_GT(num_searches, 300);
  EXPECT_GT(num_told, 2 * num_searches);
}

TEST(BeamSearchTest, CertainIsWhatRowsAndTheBestFinishedShare) {
  const SearchRules rules = ToyRules({});
  const TokenId end = rules.end_token;
  SearchOptions options = Options(2, 9);
  options.early_stopping = EarlyStopping::kNever;
  BeamSearch search(options, rules);
  const auto certain = [&] {
    std::vector<TokenId> tokens;
    search.AppendCertain(0, &tokens);
    return tokens;
  };
  EXPECT_THAT(certain(), IsEmpty());
  const std::vector<Candidate> first = {{.token = 5, .log_prob = -1},
                                        {.token = 6, .log_prob = -1.5f}};
  ASSERT_TRUE(search.Advance({first}).ok());
  EXPECT_THAT(certain(), IsEmpty());
  // Both rows continue the first, which has ended too.
  const std::vector<Candidate> good = {{.token = 7, .log_prob = -0.1f},
                                       {.token = end, .log_prob = -0.2f},
                                       {.token = 8, .log_prob = -0.3f}};
  const std::vector<Candidate> bad = {{.token = 7, .log_prob = -8}};
  ASSERT_TRUE(search.Advance({good, bad}).ok());
  ASSERT_EQ(search.num_rows(), 2);
  EXPECT_THAT(certain(), ElementsAre(5));
  // Both continue 5 7 now, but 5 end is still the best.
  const std::vector<Candidate> last = {{.token = 9, .log_prob = -0.1f},
                                       {.token = 10, .log_prob = -0.2f}};
  ASSERT_TRUE(search.Advance({last, bad}).ok());
  ASSERT_EQ(search.num_rows(), 2);
  EXPECT_THAT(certain(), ElementsAre(5));
}

TEST(BeamSearchTest, WideBeamFindsTheBestOfAll) {
  // Two tokens and the end, four steps: a beam of 32 drops nothing.
  const ToyModel model = {.seed = 9, .vocab_size = 3};
  const SearchRules rules = ToyRules(model);
  SearchOptions options = Options(32, 4);
  options.early_stopping = EarlyStopping::kNever;
  options.length_penalty = 0;
  BeamSearch search(options, rules);
  // 1 + 2 + 4 that end before the limit, 8 * 3 at it: 31 in all.
  const std::vector<Hypothesis> found = MustFind(model, &search);
  EXPECT_EQ(found.size(), 31u);
  double total = 0;
  for (const Hypothesis& hypothesis : found) {
    total += std::exp(hypothesis.log_prob);
  }
  EXPECT_NEAR(total, 1.0, 1e-5);
}

TEST(BeamSearchTest, OneRowAtFirstThenUpToNumBeams) {
  const ToyModel model = {.vocab_size = 5, .end_bias = -100};
  const SearchRules rules = ToyRules(model);
  BeamSearch search(Options(8, 5), rules);
  EXPECT_EQ(search.num_rows(), 1);
  EXPECT_EQ(search.input_token(0), rules.start_token);
  // No more than the vocabulary.
  EXPECT_EQ(search.num_candidates(), 5);
  const std::vector<Candidate> candidates = {{.token = 4, .log_prob = -1},
                                             {.token = 1, .log_prob = -2},
                                             {.token = 3, .log_prob = -3}};
  ASSERT_TRUE(search.Advance({candidates}).ok());
  ASSERT_EQ(search.num_rows(), 2);
  EXPECT_EQ(search.input_token(0), 4);
  EXPECT_EQ(search.input_token(1), 3);
  const std::vector<Candidate> worse = {{.token = 2, .log_prob = -3}};
  const std::vector<Candidate> better = {{.token = 0, .log_prob = -0.5f},
                                         {.token = 2, .log_prob = -1}};
  ASSERT_TRUE(search.Advance({worse, better}).ok());
  ASSERT_EQ(search.num_rows(), 3);
  EXPECT_EQ(search.parent(0), 1);  // -3.5
  EXPECT_EQ(search.parent(1), 0);  // -4, equal: by row
  EXPECT_EQ(search.parent(2), 1);  // -4
  EXPECT_EQ(search.input_token(1), 2);
}

TEST(BeamSearchTest, FinishedCountsOnlyAmongTheBestNumBeams) {
  const SearchRules rules = ToyRules({});
  const TokenId end = rules.end_token;
  BeamSearch search(Options(2, 9), rules);
  // The end token is third: neither finished nor a row.
  const std::vector<Candidate> first = {{.token = 5, .log_prob = -1},
                                        {.token = 6, .log_prob = -2},
                                        {.token = end, .log_prob = -3},
                                        {.token = 7, .log_prob = -4}};
  ASSERT_TRUE(search.Advance({first}).ok());
  ASSERT_EQ(search.num_rows(), 2);
  // Both rows end at once: that is enough, whatever goes on.
  const std::vector<Candidate> last = {{.token = end, .log_prob = -0.1f},
                                       {.token = 5, .log_prob = -9}};
  ASSERT_TRUE(search.Advance({last, last}).ok());
  EXPECT_TRUE(search.finished());
  const std::vector<Hypothesis> found = search.TakeHypotheses();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_THAT(found[0].token_ids, ElementsAre(5, end));
  EXPECT_THAT(found[1].token_ids, ElementsAre(6, end));
}

TEST(BeamSearchTest, NeverBoundsByTheLengthThatSuitsBest) {
  const SearchRules rules = ToyRules({});
  const TokenId end = rules.end_token;
  SearchOptions options = Options(1, 20);
  options.length_penalty = 1;
  const std::vector<Candidate> first = {{.token = end, .log_prob = -1},
                                        {.token = 5, .log_prob = -1.5f}};
  // -1.5 / 1 cannot beat -1, but -1.5 / 20 could.
  for (EarlyStopping early_stopping : kAllEarlyStopping) {
    options.early_stopping = early_stopping;
    BeamSearch search(options, rules);
    ASSERT_TRUE(search.Advance({first}).ok());
    EXPECT_EQ(search.finished(), early_stopping != EarlyStopping::kNever);
  }
  // Where shorter is better, the length of today suits best.
  options = Options(2, 20);
  options.length_penalty = -1;
  options.early_stopping = EarlyStopping::kNever;
  BeamSearch search(options, rules);
  const std::vector<Candidate> start = {{.token = 5, .log_prob = -1},
                                        {.token = end, .log_prob = -2},
                                        {.token = 6, .log_prob = -3}};
  const std::vector<Candidate> best = {{.token = 7, .log_prob = -0.1f},
                                       {.token = end, .log_prob = -0.5f}};
  const std::vector<Candidate> worst = {{.token = 8, .log_prob = -5}};
  ASSERT_TRUE(search.Advance({start}).ok());
  ASSERT_TRUE(search.Advance({best, worst}).ok());
  EXPECT_FALSE(search.finished());  // -1.1 * 2 beats -1.5 * 2.
  ASSERT_TRUE(search.Advance({worst, worst}).ok());
  EXPECT_TRUE(search.finished());  // -6.1 * 3 does not.
  EXPECT_EQ(search.TakeHypotheses().size(), 2u);
}

TEST(BeamSearchTest, ForcedEndAtOnceLeavesOneHypothesis) {
  const ToyModel model = {.seed = 4};
  SearchRules rules = ToyRules(model);
  rules.forced_end_token = rules.end_token;
  for (EarlyStopping early_stopping : kAllEarlyStopping) {
    SearchOptions options = Options(4, 1);
    options.early_stopping = early_stopping;
    BeamSearch search(options, rules);
    const std::vector<Hypothesis> found = MustFind(model, &search);
    ASSERT_EQ(found.size(), 1u);
    EXPECT_THAT(found[0].token_ids, ElementsAre(rules.end_token));
    EXPECT_EQ(found[0].score, 0.0f);
    EXPECT_EQ(found[0].finish_reason, FinishReason::kLength);
  }
}

TEST(BeamSearchTest, SmallVocabularyUnderFirstWaitsForRealHypotheses) {
  // transformers would count copies here and stop before; see Search.
  const ToyModel model = {.seed = 4, .vocab_size = 3, .end_bias = 1};
  const SearchRules rules = ToyRules(model);
  SearchOptions options = Options(8, 12);
  options.early_stopping = EarlyStopping::kFirst;
  BeamSearch search(options, rules);
  EXPECT_EQ(MustFind(model, &search).size(), 8u);
}

TEST(BeamSearchTest, RowWithNothingAllowedEndsThere) {
  // After 2 nothing may come; after 3 only the end.
  const ToyModel model = {.seed = 1, .vocab_size = 4};
  SearchRules rules = ToyRules(model);
  rules.bad_words = {{0}, {2, 1}, {2, 2}, {2, 3}, {3, 2}, {3, 3}, {0, 1}};
  BeamSearch search(Options(2, 6), rules);
  const std::vector<Hypothesis> found = MustFind(model, &search);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_THAT(found[0].token_ids, ElementsAre(3, 1));

  rules.bad_words.push_back({3, 1});
  BeamSearch hopeless(Options(2, 6), rules);
  EXPECT_EQ(Drive(LogitsOf(model), &hopeless).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(hopeless.TakeHypotheses(), IsEmpty());
}

TEST(BeamSearchTest, OneRowWithoutNumbersFailsTheSearch) {
  const ToyModel model = {.seed = 5, .end_bias = -9};
  const SearchRules rules = ToyRules(model);
  BeamSearch search(Options(4, 9), rules);
  int calls = 0;
  auto logits = [&](absl::Span<const TokenId> prefix) {
    std::vector<float> values = model.Logits(prefix);
    if (++calls == 4) values[2] = std::numeric_limits<float>::quiet_NaN();
    return values;
  };
  EXPECT_EQ(Drive(logits, &search).code(), absl::StatusCode::kInternal);
  std::vector<TokenId> certain;
  search.AppendCertain(0, &certain);
  EXPECT_THAT(certain, IsEmpty());
  EXPECT_THAT(search.TakeHypotheses(), IsEmpty());
}

TEST(BeamSearchTest, AnyPenaltyGivesFiniteScores) {
  constexpr float kMax = std::numeric_limits<float>::max();
  const ToyModel model = {.seed = 6, .vocab_size = 20, .end_bias = 3};
  const SearchRules rules = ToyRules(model);
  for (float penalty : {-kMax, -500.0f, -10.0f, 10.0f, 500.0f, kMax}) {
    for (EarlyStopping early_stopping : kAllEarlyStopping) {
      SearchOptions options = Options(4, 20);
      options.length_penalty = penalty;
      options.early_stopping = early_stopping;
      BeamSearch search(options, rules);
      const std::vector<Hypothesis> found = MustFind(model, &search);
      EXPECT_EQ(found.size(), 4u);
      for (const Hypothesis& hypothesis : found) {
        EXPECT_TRUE(std::isfinite(hypothesis.score));
      }
    }
  }
}

// Logits that are broken now and then, in every way that floats know.
LogitsFunction Unreliable(const ToyModel& model, int one_in,
                          std::mt19937* random) {
  return [&model, one_in, random](absl::Span<const TokenId> prefix) {
    constexpr float kBroken[] = {std::numeric_limits<float>::quiet_NaN(),
                                 std::numeric_limits<float>::infinity(),
                                 -std::numeric_limits<float>::infinity(),
                                 std::numeric_limits<float>::max(),
                                 std::numeric_limits<float>::lowest()};
    std::vector<float> values = model.Logits(prefix);
    if ((*random)() % one_in != 0) return values;
    const float broken = kBroken[(*random)() % 5];
    const uint32_t every = 1 + (*random)() % 4;
    for (size_t i = (*random)() % every; i < values.size(); i += every) {
      values[i] = broken;
    }
    return values;
  };
}

TEST(BeamSearchTest, BrokenLogitsEndInAnErrorOrInNumbers) {
  std::mt19937 random(3);
  int num_failed = 0;
  int num_found = 0;
  for (uint64_t seed = 0; seed < 2000; ++seed) {
    const ToyModel model = {.seed = seed,
                            .vocab_size = 2 + static_cast<int>(random() % 20),
                            .end_bias = static_cast<float>(random() % 4)};
    const SearchRules rules = RandomRules(model, &random);
    const int num_beams = 1 + random() % 8;
    SearchOptions options = Options(num_beams, 1 + random() % 10);
    options.min_new_tokens = random() % (options.max_new_tokens + 1);
    options.early_stopping = kAllEarlyStopping[random() % 3];
    BeamSearch search(options, rules);
    const absl::Status status =
        Drive(Unreliable(model, 1 + random() % 50, &random), &search);
    const std::vector<Hypothesis> found = search.TakeHypotheses();
    EXPECT_EQ(status.ok(), !found.empty());
    ++(status.ok() ? num_found : num_failed);
    for (const Hypothesis& hypothesis : found) {
      EXPECT_TRUE(std::isfinite(hypothesis.score));
      EXPECT_TRUE(std::isfinite(hypothesis.log_prob));
      EXPECT_LE(hypothesis.log_prob, 0.0f);
    }
  }
  EXPECT_GT(num_failed, 100);
  EXPECT_GT(num_found, 100);
}

}  // namespace
}  // namespace parley
