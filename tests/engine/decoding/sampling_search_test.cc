#include "engine/decoding/sampling_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "engine/decoding/greedy_search.h"
#include "tests/engine/decoding/toy_model.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

SearchOptions Options(const Sampling& sampling, int max_new_tokens) {
  SearchOptions options;
  options.max_new_tokens = max_new_tokens;
  options.sampling = sampling;
  return options;
}

// The probabilities that transformers draws from: its three warpers one after
// the other, over the whole vocabulary, in double precision.
std::vector<double> ReferenceProbabilities(const std::vector<float>& logits,
                                           const Sampling& sampling) {
  constexpr double kNever = -std::numeric_limits<double>::infinity();
  const auto softmax = [](std::vector<double> values) {
    const double greatest = *std::max_element(values.begin(), values.end());
    double sum = 0;
    for (double& value : values) sum += value = std::exp(value - greatest);
    for (double& value : values) value /= sum;
    return values;
  };
  std::vector<double> scores(logits.begin(), logits.end());
  for (double& score : scores) score /= double{sampling.temperature};
  std::vector<double> sorted = scores;
  std::sort(sorted.begin(), sorted.end(), std::greater<>());
  if (static_cast<size_t>(sampling.top_k) < sorted.size()) {
    const double last = sorted[sampling.top_k - 1];
    for (double& score : scores) {
      if (score < last) score = kNever;
    }
  }
  if (sampling.top_p < 1) {
    std::vector<double> probabilities = softmax(scores);
    std::vector<int> rising(scores.size());
    std::iota(rising.begin(), rising.end(), 0);
    std::sort(rising.begin(), rising.end(),
              [&](int a, int b) { return scores[a] < scores[b]; });
    double sum = 0;
    for (size_t i = 0; i + 1 < rising.size(); ++i) {
      sum += probabilities[rising[i]];
      if (sum <= 1 - double{sampling.top_p}) scores[rising[i]] = kNever;
    }
  }
  return softmax(scores);
}

// The candidates of a row of logits, as the engine finds them.
std::vector<Candidate> CandidatesOf(std::vector<float> logits, int count) {
  std::vector<Candidate> candidates(count);
  candidates.resize(
      ScanLogits(absl::MakeSpan(logits), {}, absl::MakeSpan(candidates)));
  return candidates;
}

// Pearson's statistic lies around the number of cells less one, with a
// deviation of the square root of twice that: this is far out.
void ExpectDistribution(const std::vector<int>& counts,
                        const std::vector<double>& probabilities) {
  const int total = std::accumulate(counts.begin(), counts.end(), 0);
  double statistic = 0;
  int num_cells = 0;
  double rare = 0;
  int num_rare = 0;
  for (size_t token = 0; token < counts.size(); ++token) {
    const double expected = probabilities[token] * total;
    if (expected == 0) {
      EXPECT_EQ(counts[token], 0) << "token " << token;
    } else if (expected < 5) {
      rare += expected;
      num_rare += counts[token];
    } else {
      const double difference = counts[token] - expected;
      statistic += difference * difference / expected;
      ++num_cells;
    }
  }
  EXPECT_LT(statistic, num_cells + 5 * std::sqrt(2.0 * num_cells) + 5);
  EXPECT_LT(num_rare, rare + 5 * std::sqrt(rare) + 5);
}

constexpr Sampling kSamplings[] = {
    {.temperature = 1, .top_k = 50, .top_p = 1},
    {.temperature = 0.5f, .top_k = 64, .top_p = 1},
    {.temperature = 3, .top_k = 10, .top_p = 1},
    {.temperature = 1, .top_k = 64, .top_p = 0.6f},
    {.temperature = 1.5f, .top_k = 20, .top_p = 0.9f},
    {.temperature = 0.7f, .top_k = 5, .top_p = 0.3f},
    {.temperature = 1, .top_k = 64, .top_p = 1e-6f},
};

TEST(SamplingSearchTest, SeedsDrawAsTransformersWouldHaveIt) {
  constexpr int kDraws = 20000;
  uint64_t seed = 0;
  for (const Sampling& sampling : kSamplings) {
    SCOPED_TRACE(testing::Message()
                 << sampling.temperature << ", " << sampling.top_k << ", "
                 << sampling.top_p);
    const ToyModel model = {.seed = ++seed, .vocab_size = 40};
    const SearchRules rules = ToyRules(model);
    const std::vector<float> logits = model.Logits({0});
    std::vector<int> counts(model.vocab_size);
    for (int draw = 0; draw < kDraws; ++draw) {
      SearchOptions options = Options(sampling, 5);
      options.sampling->seed = draw;
      SamplingSearch search(options, rules);
      const auto candidates = CandidatesOf(logits, search.num_candidates());
      ASSERT_TRUE(search.Advance({candidates}).ok());
      std::vector<TokenId> drawn;
      search.AppendCertain(0, &drawn);
      ++counts[drawn.at(0)];
    }
    ExpectDistribution(counts, ReferenceProbabilities(logits, sampling));
  }
}

TEST(SamplingSearchTest, StepsOfOneSeedDrawSoToo) {
  constexpr int kDraws = 20000;
  for (const Sampling& sampling : kSamplings) {
    const ToyModel model = {.seed = 3, .vocab_size = 40, .end_bias = -100};
    const SearchRules rules = ToyRules(model);
    const std::vector<float> logits = model.Logits({0});
    SamplingSearch search(Options(sampling, kDraws + 1), rules);
    const auto candidates = CandidatesOf(logits, search.num_candidates());
    std::vector<int> counts(model.vocab_size);
    // Pairs, to see that a draw does not depend on the one before.
    std::vector<int> repeated(2);
    for (int draw = 0, last = -1; draw < kDraws; ++draw) {
      ASSERT_TRUE(search.Advance({candidates}).ok());
      const TokenId token = search.input_token(0);
      ++counts[token];
      if (draw > 0) ++repeated[token == last ? 1 : 0];
      last = token;
    }
    const auto probabilities = ReferenceProbabilities(logits, sampling);
    ExpectDistribution(counts, probabilities);
    double same = 0;
    for (const double p : probabilities) same += p * p;
    ExpectDistribution(repeated, {1 - same, same});
  }
}

// Rules of every kind, the same for the same `seed`.
SearchRules RandomRules(const ToyModel& model, std::mt19937* random) {
  SearchRules rules = ToyRules(model);
  rules.renormalize = (*random)() % 2 == 0;
  if ((*random)() % 2 == 0) rules.forced_end_token = rules.end_token;
  for (uint32_t i = (*random)() % 4; i > 0; --i) {
    std::vector<TokenId> word;
    for (uint32_t length = 1 + (*random)() % 3; length > 0; --length) {
      word.push_back((*random)() % model.vocab_size);
    }
    rules.bad_words.push_back(word);
  }
  return rules;
}

void ExpectSame(const Hypothesis& actual, const Hypothesis& expected) {
  EXPECT_EQ(actual.token_ids, expected.token_ids);
  EXPECT_EQ(actual.token_log_probs, expected.token_log_probs);
  EXPECT_EQ(actual.log_prob, expected.log_prob);
  EXPECT_EQ(actual.score, expected.score);
  EXPECT_EQ(actual.finish_reason, expected.finish_reason);
}

TEST(SamplingSearchTest, TopOneIsGreedy) {
  std::mt19937 random(1);
  int num_compared = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const ToyModel model = {.seed = seed,
                            .vocab_size = 4 + static_cast<int>(random() % 20),
                            .end_bias = static_cast<float>(random() % 3)};
    const SearchRules rules = RandomRules(model, &random);
    SearchOptions options =
        Options({.temperature = 0.1f + random() % 4, .top_k = 1, .seed = seed},
                1 + random() % 12);
    options.min_new_tokens = random() % (options.max_new_tokens + 1);
    const auto logits = [&](auto prefix) { return model.Logits(prefix); };
    GreedySearch greedy(options, rules);
    SamplingSearch sampling(options, rules);
    const absl::Status status = Drive(logits, &greedy);
    EXPECT_EQ(Drive(logits, &sampling), status);
    const auto expected = greedy.TakeHypotheses();
    const auto found = sampling.TakeHypotheses();
    ASSERT_EQ(found.size(), expected.size());
    if (found.empty()) continue;
    ++num_compared;
    ExpectSame(found[0], expected[0]);
  }
  EXPECT_GT(num_compared, 200);
}

TEST(SamplingSearchTest, LogProbsAreTheModelsOwn) {
  const ToyModel model = {.seed = 8, .vocab_size = 30, .end_bias = -1};
  const SearchRules rules = ToyRules(model);
  for (uint64_t seed = 0; seed < 50; ++seed) {
    SamplingSearch search(
        Options({.temperature = 2, .top_k = 20, .top_p = 0.9f, .seed = seed},
                10),
        rules);
    const auto logits = [&](auto prefix) { return model.Logits(prefix); };
    ASSERT_TRUE(Drive(logits, &search).ok());
    const Hypothesis found = search.TakeHypotheses()[0];
    std::vector<TokenId> prefix = {0};
    float sum = 0;
    for (size_t i = 0; i < found.token_ids.size(); ++i) {
      EXPECT_NEAR(
          found.token_log_probs[i],
          ReferenceLogProb(model.Logits(prefix), {}, found.token_ids[i]), 1e-5);
      sum += found.token_log_probs[i];
      prefix.push_back(found.token_ids[i]);
    }
    EXPECT_EQ(found.log_prob, sum);
    EXPECT_FLOAT_EQ(found.score, sum / found.token_ids.size());
  }
}

TEST(SamplingSearchTest, TheSameSeedDrawsTheSame) {
  const ToyModel model = {.seed = 2, .vocab_size = 30, .end_bias = -2};
  const SearchRules rules = ToyRules(model);
  const auto logits = [&](auto prefix) { return model.Logits(prefix); };
  const auto found = [&](uint64_t seed) {
    SamplingSearch search(Options({.seed = seed}, 20), rules);
    EXPECT_TRUE(Drive(logits, &search).ok());
    return search.TakeHypotheses()[0];
  };
  int num_different = 0;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const Hypothesis first = found(seed);
    ExpectSame(found(seed), first);
    if (found(seed + 1).token_ids != first.token_ids) ++num_different;
  }
  EXPECT_GE(num_different, 38);
}

TEST(SamplingSearchTest, ForcedEndAtTheLimitIsDrawn) {
  const ToyModel model = {.seed = 5, .end_bias = -100};
  SearchRules rules = ToyRules(model);
  rules.forced_end_token = rules.end_token;
  SamplingSearch search(Options({}, 1), rules);
  const auto logits = [&](auto prefix) { return model.Logits(prefix); };
  ASSERT_TRUE(Drive(logits, &search).ok());
  const Hypothesis found = search.TakeHypotheses()[0];
  EXPECT_THAT(found.token_ids, ElementsAre(rules.end_token));
  EXPECT_EQ(found.finish_reason, FinishReason::kLength);
}

TEST(SamplingSearchTest, ForbiddenTokensAreNotDrawn) {
  const ToyModel model = {.seed = 6, .vocab_size = 5, .end_bias = 3};
  SearchRules rules = ToyRules(model);
  rules.bad_words = {{2}, {3, 3}};
  const auto logits = [&](auto prefix) { return model.Logits(prefix); };
  for (uint64_t seed = 0; seed < 100; ++seed) {
    SearchOptions options = Options({.temperature = 5, .seed = seed}, 12);
    options.min_new_tokens = 6;
    SamplingSearch search(options, rules);
    ASSERT_TRUE(Drive(logits, &search).ok());
    const std::vector<TokenId> found = search.TakeHypotheses()[0].token_ids;
    EXPECT_GT(found.size(), 6u);
    EXPECT_EQ(std::count(found.begin(), found.end(), 2), 0);
    for (size_t i = 1; i < found.size(); ++i) {
      EXPECT_FALSE(found[i - 1] == 3 && found[i] == 3);
    }
  }
}

TEST(SamplingSearchTest, AnyTemperatureDraws) {
  const ToyModel model = {.seed = 7, .vocab_size = 30};
  const SearchRules rules = ToyRules(model);
  const std::vector<float> logits = model.Logits({0});
  const auto drawn = [&](float temperature) {
    SamplingSearch search(Options({.temperature = temperature}, 5), rules);
    const auto candidates = CandidatesOf(logits, search.num_candidates());
    EXPECT_TRUE(search.Advance({candidates}).ok());
    std::vector<TokenId> tokens;
    search.AppendCertain(0, &tokens);
    return tokens.at(0);
  };
  const TokenId best =
      std::max_element(logits.begin(), logits.end()) - logits.begin();
  EXPECT_EQ(drawn(std::numeric_limits<float>::denorm_min()), best);
  EXPECT_EQ(drawn(1e-3f), best);
  const TokenId any = drawn(std::numeric_limits<float>::max());
  EXPECT_TRUE(any >= 0 && any < 30) << any;
}

TEST(SamplingSearchTest, RowWithoutNumbersIsAnError) {
  const SearchRules rules = ToyRules({});
  SamplingSearch search(Options({}, 9), rules);
  const auto logits = [](auto) {
    return std::vector<float>(12, std::numeric_limits<float>::quiet_NaN());
  };
  EXPECT_EQ(Drive(logits, &search).code(), absl::StatusCode::kInternal);
  EXPECT_THAT(search.TakeHypotheses(), IsEmpty());
}

}  // namespace
}  // namespace parley
