#include "server/pipeline/join.h"

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// With as many tokens as characters.
PieceHypothesis Piece(const std::string& text, float log_prob) {
  PieceHypothesis piece;
  piece.text = text;
  for (const char c : text) {
    piece.tokens.emplace_back(1, c);
    piece.hypothesis.token_ids.push_back(c);
    piece.hypothesis.token_log_probs.push_back(log_prob / text.size());
  }
  piece.hypothesis.log_prob = log_prob;
  piece.hypothesis.score = -1234;
  return piece;
}

const std::vector<std::string> kTwoSpacings = {"", ""};
const std::vector<std::string> kThreeSpacings = {"<", " + ", ">"};

TEST(JoinTest, OnePieceKeepsItsScore) {
  const auto joined =
      JoinPieces(kTwoSpacings, {{Piece("ab", -1), Piece("cd", -2)}}, {});
  ASSERT_EQ(joined.size(), 2);
  EXPECT_EQ(joined[0].text, "ab");
  EXPECT_EQ(joined[0].score, -1234);
  EXPECT_EQ(joined[0].log_prob, -1);
  EXPECT_EQ(joined[1].text, "cd");
  EXPECT_EQ(joined[1].log_prob, -2);
}

TEST(JoinTest, SeveralAddUp) {
  const auto joined =
      JoinPieces(kThreeSpacings, {{Piece("ab", -1)}, {Piece("cdef", -5)}},
                 {.length_penalty = 2.0f});
  ASSERT_EQ(joined.size(), 1);
  EXPECT_EQ(joined[0].text, "<ab + cdef>");
  EXPECT_FLOAT_EQ(joined[0].log_prob, -6);
  EXPECT_FLOAT_EQ(joined[0].score, -6.0f / (2 * 2 + 4 * 4));
}

TEST(JoinTest, WithoutPenaltyTheScoreIsTheMeanOfTheSums) {
  const auto joined =
      JoinPieces(kThreeSpacings, {{Piece("ab", -1)}, {Piece("cdef", -5)}},
                 {.length_penalty = 0.0f});
  EXPECT_FLOAT_EQ(joined[0].score, -3);
}

TEST(JoinTest, APieceWithFewerGivesItsLast) {
  const auto joined = JoinPieces(
      kThreeSpacings,
      {{Piece("a", -1)}, {Piece("x", -1), Piece("y", -2), Piece("z", -3)}}, {});
  ASSERT_EQ(joined.size(), 3);
  EXPECT_EQ(joined[0].text, "<a + x>");
  EXPECT_EQ(joined[1].text, "<a + y>");
  EXPECT_EQ(joined[2].text, "<a + z>");
  EXPECT_FLOAT_EQ(joined[2].log_prob, -4);
}

TEST(JoinTest, TokensOnlyWhenAskedFor) {
  const std::vector<TranslatedPiece> pieces = {{Piece("ab", -1)},
                                               {Piece("c", -3)}};
  const auto without = JoinPieces(kThreeSpacings, pieces, {});
  EXPECT_THAT(without[0].tokens, IsEmpty());
  EXPECT_THAT(without[0].token_ids, IsEmpty());
  EXPECT_THAT(without[0].token_log_probs, IsEmpty());
  const auto with = JoinPieces(kThreeSpacings, pieces, {.return_tokens = true});
  EXPECT_THAT(with[0].tokens, ElementsAre("a", "b", "c"));
  EXPECT_THAT(with[0].token_ids, ElementsAre('a', 'b', 'c'));
  EXPECT_THAT(with[0].token_log_probs, ElementsAre(-0.5f, -0.5f, -3.0f));
}

TEST(JoinTest, OneCutPieceCutsTheText) {
  std::vector<TranslatedPiece> pieces = {{Piece("a", -1)}, {Piece("b", -1)}};
  EXPECT_EQ(JoinPieces(kThreeSpacings, pieces, {})[0].finish_reason,
            FinishReason::kEndOfSequence);
  pieces[0][0].hypothesis.finish_reason = FinishReason::kLength;
  EXPECT_EQ(JoinPieces(kThreeSpacings, pieces, {})[0].finish_reason,
            FinishReason::kLength);
}

TEST(JoinTest, ExtremePenaltiesGiveNoNan) {
  for (const float penalty : {-1e30f, 1e30f}) {
    const auto joined =
        JoinPieces(kThreeSpacings, {{Piece("ab", -1)}, {Piece("cd", 0)}},
                   {.length_penalty = penalty});
    EXPECT_FALSE(std::isnan(joined[0].score));
  }
}

}  // namespace
}  // namespace parley
