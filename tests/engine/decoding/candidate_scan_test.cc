#include "engine/decoding/candidate_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "tests/engine/decoding/toy_model.h"

namespace parley {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<Candidate> Scan(std::vector<float> logits,
                            const RowConstraints& constraints, int num_wanted) {
  std::vector<Candidate> candidates(num_wanted);
  candidates.resize(ScanLogits(absl::MakeSpan(logits), constraints,
                               absl::MakeSpan(candidates)));
  return candidates;
}

std::vector<TokenId> Tokens(const std::vector<Candidate>& candidates) {
  std::vector<TokenId> tokens;
  for (const Candidate& candidate : candidates) {
    tokens.push_back(candidate.token);
  }
  return tokens;
}

std::vector<float> RandomLogits(int vocab_size, std::mt19937* random) {
  std::normal_distribution<float> distribution(0.0f, 4.0f);
  std::vector<float> logits(vocab_size);
  for (float& logit : logits) logit = distribution(*random);
  return logits;
}

// Allowed tokens, best first by logit, then by token.
std::vector<TokenId> ReferenceTokens(const std::vector<float>& logits,
                                     const RowConstraints& constraints,
                                     int num_wanted) {
  const std::set<TokenId> forbidden(constraints.forbidden.begin(),
                                    constraints.forbidden.end());
  std::vector<TokenId> tokens;
  for (TokenId token = 0; token < static_cast<TokenId>(logits.size());
       ++token) {
    if (!forbidden.contains(token)) tokens.push_back(token);
  }
  std::stable_sort(tokens.begin(), tokens.end(),
                   [&](TokenId a, TokenId b) { return logits[a] > logits[b]; });
  tokens.resize(std::min<size_t>(tokens.size(), num_wanted));
  return tokens;
}

TEST(ScanLogitsTest, AgreesWithDoublePrecision) {
  std::mt19937 random(1);
  for (int vocab_size : {1, 2, 7, 16, 33, 100, 1000, 58101}) {
    for (int num_wanted : {1, 2, 8, 64}) {
      for (bool renormalize : {false, true}) {
        const std::vector<float> logits = RandomLogits(vocab_size, &random);
        RowConstraints constraints;
        constraints.renormalize = renormalize;
        for (int i = 0; i < vocab_size / 3; ++i) {
          constraints.forbidden.push_back(random() % vocab_size);
        }
        const std::vector<Candidate> candidates =
            Scan(logits, constraints, num_wanted);
        ASSERT_EQ(Tokens(candidates),
                  ReferenceTokens(logits, constraints, num_wanted));
        for (const Candidate& candidate : candidates) {
          const double expected =
              ReferenceLogProb(logits, constraints, candidate.token);
          EXPECT_NEAR(candidate.log_prob, expected,
                      4e-6 * (1 + std::abs(expected)));
        }
      }
    }
  }
}

TEST(ScanLogitsTest, RenormalisesOnlyWhereAsked) {
  const std::vector<float> logits(4, 0.0f);
  RowConstraints constraints;
  constraints.forbidden = {0, 3, 3};
  EXPECT_NEAR(Scan(logits, constraints, 1)[0].log_prob, -std::log(4.0), 1e-6);
  constraints.renormalize = true;
  EXPECT_NEAR(Scan(logits, constraints, 1)[0].log_prob, -std::log(2.0), 1e-6);
}

TEST(ScanLogitsTest, EqualLogitsGoByRisingToken) {
  RowConstraints constraints;
  constraints.forbidden = {1};
  EXPECT_THAT(Tokens(Scan({2, 5, 5, 5, 7, 2}, constraints, 4)),
              testing::ElementsAre(4, 2, 3, 0));
}

TEST(ScanLogitsTest, ForcedTokenIsCertainAndAlone) {
  RowConstraints constraints;
  constraints.forced = 2;
  constraints.forbidden = {2};
  for (bool renormalize : {false, true}) {
    constraints.renormalize = renormalize;
    const std::vector<Candidate> candidates =
        Scan({9, 8, -kInfinity, 7}, constraints, 4);
    EXPECT_THAT(Tokens(candidates), testing::ElementsAre(2));
    EXPECT_EQ(candidates[0].log_prob, 0.0f);
  }
}

TEST(ScanLogitsTest, CertaintyIsNeverExceeded) {
  std::mt19937 random(2);
  std::uniform_real_distribution<float> distribution(0.0f, 100.0f);
  for (int i = 0; i < 1000; ++i) {
    const float best = distribution(random);
    const std::vector<Candidate> candidates =
        Scan({best, best - 40, best - 60}, {}, 1);
    EXPECT_LE(candidates[0].log_prob, 0.0f);
    EXPECT_NEAR(candidates[0].log_prob, 0.0f, 2e-5);
  }
}

TEST(ScanLogitsTest, MinusInfinityIsNoCandidate) {
  const std::vector<Candidate> candidates =
      Scan({-kInfinity, 1, -kInfinity, 1}, {}, 4);
  EXPECT_THAT(Tokens(candidates), testing::ElementsAre(1, 3));
  EXPECT_NEAR(candidates[0].log_prob, -std::log(2.0), 1e-6);
}

TEST(ScanLogitsTest, BrokenRowsHaveNoCandidates) {
  for (float broken : {kNan, kInfinity}) {
    for (TokenId at : {0, 1, 20, 36}) {
      std::vector<float> logits(37, 0.5f);
      logits[at] = broken;
      for (bool renormalize : {false, true}) {
        RowConstraints constraints;
        constraints.renormalize = renormalize;
        EXPECT_TRUE(Scan(logits, constraints, 4).empty());
        constraints.forbidden = {at};
        EXPECT_TRUE(Scan(logits, constraints, 4).empty());
        constraints.forced = 3;
        EXPECT_TRUE(Scan(logits, constraints, 4).empty());
      }
    }
  }
  EXPECT_TRUE(Scan({-kInfinity, -kInfinity}, {}, 2).empty());
}

TEST(ScanLogitsTest, AllForbiddenLeavesNoCandidates) {
  RowConstraints constraints;
  constraints.forbidden = {0, 1, 2, 1};
  EXPECT_TRUE(Scan({1, 2, 3}, constraints, 2).empty());
  constraints.renormalize = true;
  EXPECT_TRUE(Scan({1, 2, 3}, constraints, 2).empty());
}

TEST(ScanLogitsTest, TokensOutsideTheVocabularyAreIgnored) {
  RowConstraints constraints;
  constraints.forbidden = {-1, 3, 1 << 30};
  EXPECT_EQ(Scan({1, 2, 3}, constraints, 4).size(), 3u);
  constraints.forced = 3;
  EXPECT_TRUE(Scan({1, 2, 3}, constraints, 4).empty());
}

TEST(ScanLogitsTest, ExtremeLogitsGiveFiniteLogProbs) {
  constexpr float kMax = std::numeric_limits<float>::max();
  for (const Candidate& candidate : Scan({kMax, -kMax, 0, kMax}, {}, 4)) {
    EXPECT_TRUE(std::isfinite(candidate.log_prob)) << candidate.token;
  }
  EXPECT_EQ(Scan({-kMax, -kMax}, {}, 4).size(), 2u);
}

// What a scan finds where the logits come in blocks from several threads.
std::vector<Candidate> ScanInBlocks(std::vector<float> logits,
                                    const RowQuery& query, int block_size,
                                    std::mt19937* random,
                                    const RoughRow* rough = nullptr) {
  const int num_logits = static_cast<int>(logits.size());
  const int num_blocks = (num_logits + block_size - 1) / block_size;
  constexpr int kThreads = 3;
  CandidateScan scan(
      {.max_rows = 2, .num_blocks = num_blocks, .num_threads = kThreads});
  scan.Start(2);
  for (int index = 0; index < num_blocks; ++index) {
    const int first = index * block_size;
    scan.Take(1, query,
              {.index = index,
               .first = first,
               .logits = absl::MakeSpan(logits).subspan(first, block_size),
               .thread = static_cast<int>((*random)() % kThreads)});
  }
  std::vector<Candidate> candidates(query.num_candidates);
  candidates.resize(
      scan.Finish(1, query, num_blocks, rough, absl::MakeSpan(candidates)));
  return candidates;
}

TEST(CandidateScanTest, BlocksAndThreadsDoNotMatter) {
  std::mt19937 random(5);
  for (int round = 0; round < 200; ++round) {
    const int vocab_size = 1 + random() % 300;
    std::vector<float> logits = RandomLogits(vocab_size, &random);
    // Equal ones too.
    for (float& logit : logits) logit = std::round(logit);
    RowConstraints constraints;
    constraints.renormalize = round % 2 == 0;
    if (round % 10 == 9) constraints.forced = random() % vocab_size;
    for (int i = 0; i < vocab_size / 4; ++i) {
      constraints.forbidden.push_back(random() % vocab_size);
    }
    const RowQuery query = {.constraints = &constraints,
                            .num_candidates = 1 + round % 8,
                            .num_logits = vocab_size};
    const std::vector<Candidate> expected =
        Scan(logits, constraints, query.num_candidates);
    const std::vector<Candidate> actual =
        ScanInBlocks(logits, query, 1 + random() % 64, &random);
    ASSERT_EQ(Tokens(actual), Tokens(expected)) << "round " << round;
    for (size_t i = 0; i < actual.size(); ++i) {
      ASSERT_NEAR(actual[i].log_prob, expected[i].log_prob, 1e-5f);
    }
  }
}

TEST(CandidateScanTest, TheOrderOfThreadsDoesNotChangeABit) {
  std::mt19937 random(6);
  const std::vector<float> logits = RandomLogits(5000, &random);
  const RowConstraints constraints;
  const RowQuery query = {
      .constraints = &constraints, .num_candidates = 8, .num_logits = 5000};
  const std::vector<Candidate> first =
      ScanInBlocks(logits, query, 512, &random);
  for (int round = 0; round < 20; ++round) {
    const std::vector<Candidate> again =
        ScanInBlocks(logits, query, 512, &random);
    for (size_t i = 0; i < first.size(); ++i) {
      ASSERT_EQ(again[i].token, first[i].token);
      ASSERT_EQ(again[i].log_prob, first[i].log_prob);
    }
  }
}

// What a scan finds in rough logits that are off by `max_error` at most.
std::vector<Candidate> ScanRoughly(const std::vector<float>& logits,
                                   RowQuery query, float max_error,
                                   std::mt19937* random) {
  std::uniform_real_distribution<float> error(-max_error, max_error);
  std::mt19937 of_errors(1);
  std::vector<float> rough = logits;
  for (float& logit : rough) logit += error(of_errors);
  query.is_rough = true;
  const auto logit = [&logits](int64_t index) { return logits[index]; };
  const RoughRow row = {.max_error = max_error, .logit = logit};
  return ScanInBlocks(std::move(rough), query, 64, random, &row);
}

TEST(RoughScanTest, FindsWhatLogitsInFullGive) {
  std::mt19937 random(8);
  for (int round = 0; round < 300; ++round) {
    const int vocab_size = 1 + random() % 2000;
    std::vector<float> logits = RandomLogits(vocab_size, &random);
    // More equal ones than are kept, too.
    if (round % 3 == 0) {
      for (float& logit : logits) logit = std::round(logit / 4);
    }
    RowConstraints constraints;
    constraints.renormalize = round % 2 == 0;
    if (round % 10 == 9) constraints.forced = random() % vocab_size;
    for (int i = 0; i < vocab_size / 4; ++i) {
      constraints.forbidden.push_back(random() % vocab_size);
    }
    const RowQuery query = {
        .constraints = &constraints,
        .num_candidates = round % 7 == 0 ? kMaxCandidates : 1 + round % 8,
        .num_logits = vocab_size};
    const std::vector<Candidate> expected =
        Scan(logits, constraints, query.num_candidates);
    const float max_error = round % 4 == 0 ? 0.5f : 1e-4f;
    const std::vector<Candidate> actual =
        ScanRoughly(logits, query, max_error, &random);
    ASSERT_EQ(Tokens(actual), Tokens(expected)) << "round " << round;
    for (size_t i = 0; i < actual.size(); ++i) {
      // Of the sum only the terms that are not taken in full are off.
      ASSERT_NEAR(actual[i].log_prob, expected[i].log_prob, max_error + 1e-5f);
    }
  }
}

// Eight tokens that have nearly all the probability.
TEST(RoughScanTest, TheSumIsRightWhereFewTokensMatter) {
  std::mt19937 random(9);
  std::vector<float> logits(3000, -30.0f);
  for (int i = 0; i < 8; ++i) logits[i * 371] = static_cast<float>(i);
  const RowConstraints constraints;
  for (const int num_candidates : {1, 8}) {
    const RowQuery query = {.constraints = &constraints,
                            .num_candidates = num_candidates,
                            .num_logits = 3000};
    const std::vector<Candidate> candidates =
        ScanRoughly(logits, query, 0.1f, &random);
    ASSERT_EQ(candidates.size(), static_cast<size_t>(num_candidates));
    for (const Candidate& candidate : candidates) {
      EXPECT_NEAR(candidate.log_prob,
                  ReferenceLogProb(logits, constraints, candidate.token), 1e-5);
    }
  }
}

TEST(RoughScanTest, TheOrderOfThreadsDoesNotChangeABit) {
  std::mt19937 random(10);
  std::vector<float> logits = RandomLogits(3000, &random);
  const RowConstraints constraints;
  for (const bool has_ties : {false, true}) {
    if (has_ties) {
      for (float& logit : logits) logit = std::round(logit / 4);
    }
    const RowQuery query = {
        .constraints = &constraints, .num_candidates = 8, .num_logits = 3000};
    const std::vector<Candidate> first =
        ScanRoughly(logits, query, 0.01f, &random);
    for (int round = 0; round < 20; ++round) {
      const std::vector<Candidate> again =
          ScanRoughly(logits, query, 0.01f, &random);
      ASSERT_EQ(Tokens(again), Tokens(first));
      for (size_t i = 0; i < first.size(); ++i) {
        ASSERT_EQ(again[i].log_prob, first[i].log_prob);
      }
    }
  }
}

TEST(RoughScanTest, BrokenRowsHaveNoCandidates) {
  std::mt19937 random(11);
  const RowConstraints constraints;
  for (const float broken : {kNan, kInfinity}) {
    std::vector<float> logits = RandomLogits(300, &random);
    logits[100] = broken;
    EXPECT_TRUE(ScanRoughly(logits,
                            {.constraints = &constraints,
                             .num_candidates = 4,
                             .num_logits = 300},
                            0.1f, &random)
                    .empty());
  }
}

// As if the logits of all other tokens were -infinity.
TEST(CandidateScanTest, AllowedTokensAreSearchedAlone) {
  std::mt19937 random(7);
  const std::vector<TokenId> tokens = {2, 3, 17, 40, 41, 99};
  const std::vector<float> logits = RandomLogits(6, &random);
  std::vector<float> whole(120, -kInfinity);
  for (size_t i = 0; i < tokens.size(); ++i) whole[tokens[i]] = logits[i];
  for (const bool renormalize : {false, true}) {
    RowConstraints constraints;
    constraints.renormalize = renormalize;
    constraints.forbidden = {5, 17, 119, -4};
    const RowQuery query = {.constraints = &constraints,
                            .num_candidates = 4,
                            .num_logits = 6,
                            .tokens = tokens};
    const std::vector<Candidate> expected = Scan(whole, constraints, 4);
    const std::vector<Candidate> actual =
        ScanInBlocks(logits, query, 4, &random);
    EXPECT_EQ(Tokens(actual), Tokens(expected));
    for (size_t i = 0; i < actual.size(); ++i) {
      EXPECT_NEAR(actual[i].log_prob, expected[i].log_prob, 1e-5f);
    }
    constraints.forced = 41;
    EXPECT_EQ(Tokens(ScanInBlocks(logits, query, 4, &random)),
              std::vector<TokenId>{41});
    constraints.forced = 42;
    EXPECT_TRUE(ScanInBlocks(logits, query, 4, &random).empty());
  }
}

}  // namespace
}  // namespace parley
