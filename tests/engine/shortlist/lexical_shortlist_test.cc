#include "engine/shortlist/lexical_shortlist.h"

#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

// Rows of tokens 0 to 3; frequent are 100, 7, 300.
LexicalTable Table() {
  LexicalTable table;
  table.AppendRow({63, 64});
  table.AppendRow({});
  table.AppendRow({9, 64, 127});
  table.AppendRow({511});
  table.frequent = {100, 7, 300};
  return table;
}

TEST(LexicalShortlistTest, JoinsRowsFrequentTokensAndTheRest) {
  const LexicalShortlist shortlist(
      Table(),
      {.num_frequent = 2, .always = {0, 500}, .target_vocab_size = 512});
  const auto of = [&](std::vector<TokenId> source) {
    return shortlist.TargetTokens(source);
  };
  EXPECT_THAT(of({}), ElementsAre(0, 7, 100, 500));
  EXPECT_THAT(of({1}), ElementsAre(0, 7, 100, 500));
  EXPECT_THAT(of({2, 0, 2, 3}),
              ElementsAre(0, 7, 9, 63, 64, 100, 127, 500, 511));
  // Tokens that the table does not have.
  EXPECT_THAT(of({-5, 4, 1 << 30}), ElementsAre(0, 7, 100, 500));
}

TEST(LexicalShortlistTest, AJointVocabularyCopies) {
  const LexicalShortlist shortlist(Table(), {.num_frequent = 0,
                                             .always = {0},
                                             .joint_vocabulary = true,
                                             .target_vocab_size = 512});
  EXPECT_THAT(shortlist.TargetTokens({3, 200, -1, 511, 512}),
              ElementsAre(0, 3, 200, 511));
}

TEST(LexicalShortlistTest, MoreFrequentTokensThanThereAreAreAll) {
  const LexicalShortlist shortlist(
      Table(), {.num_frequent = 99, .always = {1}, .target_vocab_size = 512});
  EXPECT_THAT(shortlist.TargetTokens({}), ElementsAre(1, 7, 100, 300));
}

TEST(LexicalShortlistTest, WhatAlwaysBelongsMayLieBeyondTheVocabulary) {
  const LexicalShortlist shortlist(
      Table(), {.always = {512, 4096}, .target_vocab_size = 512});
  EXPECT_THAT(shortlist.TargetTokens({1}), ElementsAre(7, 100, 300, 512, 4096));
}

}  // namespace
}  // namespace parley
