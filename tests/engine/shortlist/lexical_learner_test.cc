#include "engine/shortlist/lexical_learner.h"

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Tokens = std::vector<TokenId>;

LexicalTable Learn(const LexicalLearner& learner,
                   const LexicalLearner::Options& options = {}) {
  return learner.Learn(options, [](double) {});
}

// The example that the model is often explained by: with "the house" and "the
// book", "book" alone tells which word is which.
TEST(LexicalLearnerTest, FindsWhatBelongsTogether) {
  enum Source { kThe, kHouse, kBook, kA, kSourceSize };
  enum Target { kDas, kHaus, kBuch, kEin, kTargetSize };
  LexicalLearner learner(kSourceSize, kTargetSize);
  EXPECT_TRUE(learner.Add(Tokens{kThe, kHouse}, Tokens{kDas, kHaus}));
  EXPECT_TRUE(learner.Add(Tokens{kThe, kBook}, Tokens{kDas, kBuch}));
  EXPECT_TRUE(learner.Add(Tokens{kA, kBook}, Tokens{kEin, kBuch}));
  const LexicalTable table = Learn(learner, {.num_iterations = 20, .best = 1});
  EXPECT_EQ(table.num_rows(), kSourceSize);
  EXPECT_THAT(table.Row(kThe), ElementsAre(kDas));
  EXPECT_THAT(table.Row(kHouse), ElementsAre(kHaus));
  EXPECT_THAT(table.Row(kBook), ElementsAre(kBuch));
  EXPECT_THAT(table.Row(kA), ElementsAre(kEin));
  // By number, equals by id.
  EXPECT_THAT(table.frequent, ElementsAre(kDas, kBuch, kHaus, kEin));
}

// A made-up language: source token s is target token s + 1 or s + 2, in any
// order, with a target token 0 that comes from nothing.
TEST(LexicalLearnerTest, LearnsADictionaryFromRandomSentences) {
  constexpr int kWords = 60;
  LexicalLearner learner(kWords, kWords + 2);
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    Tokens source;
    Tokens target = {0};
    for (int k = 0; k < 8; ++k) {
      // Low ids are far more frequent than high ones.
      const int limit = 1 + static_cast<int>(random() % kWords);
      const TokenId id = static_cast<TokenId>(random() % limit);
      source.push_back(id);
      target.push_back(id + 1 + static_cast<TokenId>(random() % 2));
    }
    std::shuffle(target.begin(), target.end(), random);
    ASSERT_TRUE(learner.Add(source, target));
  }
  const LexicalTable table = Learn(learner, {.best = 3});
  for (TokenId id = 0; id < kWords; ++id) {
    EXPECT_THAT(table.Row(id), ::testing::IsSupersetOf({id + 1, id + 2})) << id;
    EXPECT_LE(table.Row(id).size(), 3);
  }
  EXPECT_EQ(
      std::set<TokenId>(table.frequent.begin(), table.frequent.end()).size(),
      table.frequent.size());
}

TEST(LexicalLearnerTest, LeavesOutWhatNeverMet) {
  LexicalLearner learner(4, 4);
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(learner.Add(Tokens{0}, Tokens{0}));
    ASSERT_TRUE(learner.Add(Tokens{1}, Tokens{1}));
    ASSERT_TRUE(learner.Add(Tokens{0, 1}, Tokens{1, 0}));
  }
  const LexicalTable table = Learn(learner);
  EXPECT_THAT(table.Row(0), ElementsAre(0, 1));  // The likelier one first.
  EXPECT_THAT(table.Row(1), ElementsAre(1, 0));
  EXPECT_THAT(table.Row(2), IsEmpty());
  EXPECT_THAT(table.Row(3), IsEmpty());
  EXPECT_THAT(table.frequent, ElementsAre(0, 1));
}

TEST(LexicalLearnerTest, PassesOverEmptyAndLongSentences) {
  LexicalLearner learner(2, 2);
  const Tokens longest(LexicalLearner::kMaxSentenceTokens, 1);
  const Tokens too_long(LexicalLearner::kMaxSentenceTokens + 1, 1);
  EXPECT_FALSE(learner.Add({}, Tokens{1}));
  EXPECT_FALSE(learner.Add(Tokens{1}, {}));
  EXPECT_FALSE(learner.Add(too_long, Tokens{1}));
  EXPECT_FALSE(learner.Add(Tokens{1}, too_long));
  EXPECT_EQ(learner.num_sentences(), 0);
  EXPECT_TRUE(learner.Add(longest, longest));
  EXPECT_EQ(learner.num_sentences(), 1);
  EXPECT_THAT(Learn(learner).Row(1), ElementsAre(1));
}

TEST(LexicalLearnerTest, LearnsNothingFromNothing) {
  const LexicalTable table = Learn(LexicalLearner(3, 2));
  EXPECT_EQ(table.num_rows(), 3);
  EXPECT_EQ(table.num_targets(), 0);
  EXPECT_THAT(table.frequent, IsEmpty());
}

TEST(LexicalLearnerTest, TellsItsProgress) {
  LexicalLearner learner(10, 10);
  for (TokenId id = 0; id < 10; ++id) learner.Add(Tokens{id}, Tokens{id});
  std::vector<double> seen;
  learner.Learn({.num_iterations = 3},
                [&seen](double done) { seen.push_back(done); });
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
  EXPECT_EQ(seen.front(), 0);
  EXPECT_EQ(seen.back(), 1);
  EXPECT_GT(seen.size(), 10);
}

}  // namespace
}  // namespace parley
