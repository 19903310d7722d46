#include "server/pipeline/piece_encoder.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "base/utf8.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/pipeline/splitter.h"
#include "tests/server/pipeline/fake_tokenizer.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

constexpr size_t kManyPieces = 1 << 20;

PieceEncoder MakeEncoder(const Tokenizer* tokenizer, int max_source_tokens,
                         const std::string& language_token = "") {
  auto encoder =
      PieceEncoder::Create(tokenizer, {.language_token = language_token,
                                       .max_source_tokens = max_source_tokens});
  EXPECT_TRUE(encoder.ok()) << encoder.status();
  return *std::move(encoder);
}

std::vector<EncodedPiece> Fit(const PieceEncoder& encoder,
                              absl::string_view text,
                              size_t max_pieces = kManyPieces) {
  std::vector<EncodedPiece> pieces;
  const absl::Status status =
      encoder.EncodeFitting(text, {0, text.size()}, max_pieces, &pieces);
  EXPECT_TRUE(status.ok()) << status;
  return pieces;
}

std::vector<std::string> Texts(absl::string_view text,
                               const std::vector<EncodedPiece>& pieces) {
  std::vector<std::string> texts;
  for (const EncodedPiece& piece : pieces) {
    texts.emplace_back(
        text.substr(piece.range.begin, piece.range.end - piece.range.begin));
  }
  return texts;
}

// The texts of the pieces, each within `max_characters` and the end token.
std::vector<std::string> FitTexts(absl::string_view text, int max_characters) {
  FakeTokenizer tokenizer;
  return Texts(text, Fit(MakeEncoder(&tokenizer, max_characters + 1), text));
}

TEST(PieceEncoderTest, LeavesWhatFits) {
  FakeTokenizer tokenizer;
  const PieceEncoder encoder = MakeEncoder(&tokenizer, 5, ">>de<<");
  const auto pieces = Fit(encoder, "abc");
  ASSERT_EQ(pieces.size(), 1);
  EXPECT_THAT(pieces[0].source_ids,
              ElementsAre(FakeTokenizer::kGerman, 1097, 1098, 1099,
                          FakeTokenizer::kEnd));
  EXPECT_FALSE(pieces[0].truncated);
}

TEST(PieceEncoderTest, RangesAreOfTheWholeText) {
  FakeTokenizer tokenizer;
  const PieceEncoder encoder = MakeEncoder(&tokenizer, 4);
  std::vector<EncodedPiece> pieces;
  const std::string text = "xx abc def yy";
  ASSERT_TRUE(encoder.EncodeFitting(text, {3, 10}, kManyPieces, &pieces).ok());
  EXPECT_THAT(Texts(text, pieces), ElementsAre("abc", "def"));
}

TEST(PieceEncoderTest, CutsAtTheLastPunctuationThatFits) {
  EXPECT_THAT(FitTexts("one, two, three four five", 15),
              ElementsAre("one, two,", "three four five"));
  EXPECT_THAT(FitTexts("one; two: three four", 12),
              ElementsAre("one; two:", "three four"));
  EXPECT_THAT(FitTexts("first part - second part", 14),
              ElementsAre("first part -", "second part"));
  EXPECT_THAT(FitTexts("first\u2014second third", 14),
              ElementsAre("first\u2014", "second third"));
}

TEST(PieceEncoderTest, CutsAtCjkPunctuationWithoutWhiteSpace) {
  EXPECT_THAT(FitTexts("你好，我们走吧，再见再见", 9),
              ElementsAre("你好，我们走吧，", "再见再见"));
}

TEST(PieceEncoderTest, PunctuationWithinAWordIsNone) {
  EXPECT_THAT(FitTexts("costs 3,000 well-known", 10),
              ElementsAre("costs", "3,000", "well-known"));
}

TEST(PieceEncoderTest, ACommaAtTheVeryFrontIsNotWorthAPiece) {
  EXPECT_THAT(FitTexts("a, bcdef ghijk lmnop", 16),
              ElementsAre("a, bcdef ghijk", "lmnop"));
}

TEST(PieceEncoderTest, ElseCutsAtWhiteSpace) {
  EXPECT_THAT(FitTexts("alpha beta  gamma delta", 11),
              ElementsAre("alpha beta", "gamma delta"));
  EXPECT_THAT(FitTexts("alpha\u3000beta gamma", 10),
              ElementsAre("alpha\u3000beta", "gamma"));
}

TEST(PieceEncoderTest, ElseCutsBetweenCharacters) {
  EXPECT_THAT(FitTexts("abcdefgh", 3), ElementsAre("abc", "def", "gh"));
  EXPECT_THAT(FitTexts("🙂🙂🙂", 2), ElementsAre("🙂🙂", "🙂"));
}

TEST(PieceEncoderTest, MakesPiecesShorterThatHaveMoreTokensByThemselves) {
  FakeTokenizer tokenizer;
  tokenizer.num_extra_tokens = 3;
  const std::string text(100, 'x');
  const auto pieces = Fit(MakeEncoder(&tokenizer, 11), text);
  size_t num_bytes = 0;
  for (const EncodedPiece& piece : pieces) {
    EXPECT_LE(piece.source_ids.size(), 11);
    EXPECT_FALSE(piece.truncated);
    num_bytes += piece.range.end - piece.range.begin;
  }
  EXPECT_EQ(num_bytes, 100);
  EXPECT_LE(pieces.size(), 20);
}

TEST(PieceEncoderTest, TruncatesACharacterThatIsTooLong) {
  FakeTokenizer tokenizer;
  tokenizer.num_extra_tokens = 7;
  const std::string text = "xy";
  const auto pieces = Fit(MakeEncoder(&tokenizer, 4), text);
  EXPECT_THAT(Texts(text, pieces), ElementsAre("x", "y"));
  for (const EncodedPiece& piece : pieces) {
    EXPECT_TRUE(piece.truncated);
    EXPECT_EQ(piece.source_ids.size(), 4);
    EXPECT_EQ(piece.source_ids.back(), FakeTokenizer::kEnd);
  }
}

TEST(PieceEncoderTest, EndsEvenWhereNothingFits) {
  FakeTokenizer tokenizer;
  for (const int max_source_tokens : {-1, 0, 1, 2}) {
    const PieceEncoder encoder =
        MakeEncoder(&tokenizer, max_source_tokens, ">>de<<");
    EXPECT_EQ(Fit(encoder, "abc").size(), 3);
  }
}

TEST(PieceEncoderTest, StopsAboveTheLimitOfPieces) {
  FakeTokenizer tokenizer;
  const PieceEncoder encoder = MakeEncoder(&tokenizer, 3);
  EXPECT_EQ(Fit(encoder, std::string(1000, 'x'), 10).size(), 11);
}

TEST(PieceEncoderTest, WorkGrowsWithTheLength) {
  FakeTokenizer tokenizer;
  const PieceEncoder encoder = MakeEncoder(&tokenizer, 512);
  const std::string text(1 << 20, 'x');
  tokenizer.num_bytes_encoded = 0;
  const auto pieces = Fit(encoder, text);
  EXPECT_EQ(pieces.size(), (text.size() + 510) / 511);
  EXPECT_LT(tokenizer.num_bytes_encoded, 3 * std::ssize(text));
}

// White space may be left out where pieces are cut, and nothing else.
TEST(PieceEncoderTest, LosesNothing) {
  std::mt19937 random(1);
  const char* const parts[] = {"a",  "bc",     " ",     "  ",   ", ",
                               ". ", "。",     "é",     "🙂", "\u3000",
                               "-",  "\u2014", "\u00a0"};
  for (int i = 0; i < 3000; ++i) {
    FakeTokenizer tokenizer;
    tokenizer.num_extra_tokens = random() % 3;
    const int max_source_tokens = 4 + random() % 20;
    std::string text = "x";
    for (int k = random() % 100; k > 0; --k) {
      text += parts[random() % std::size(parts)];
    }
    text += "y";
    const auto pieces = Fit(MakeEncoder(&tokenizer, max_source_tokens), text);
    size_t end = 0;
    for (const EncodedPiece& piece : pieces) {
      ASSERT_LE(end, piece.range.begin);
      EXPECT_TRUE(IsBlank(text.substr(end, piece.range.begin - end)));
      end = piece.range.end;
      const std::string part =
          text.substr(piece.range.begin, end - piece.range.begin);
      EXPECT_EQ(ValidUtf8PrefixBytes(part), part.size());
      const ByteRange trimmed = TrimWhiteSpace(part, {0, part.size()});
      EXPECT_EQ(trimmed.end - trimmed.begin, part.size());
      EXPECT_LE(std::ssize(piece.source_ids), max_source_tokens);
      EXPECT_FALSE(piece.truncated);
      // What stands in the piece is what was encoded.
      EXPECT_EQ(piece.source_ids, tokenizer.Encode(part, "")->ids);
    }
    EXPECT_EQ(end, text.size());
  }
}

TEST(PieceEncoderTest, TruncatedKeepsLanguageAndEnd) {
  FakeTokenizer tokenizer;
  const PieceEncoder encoder = MakeEncoder(&tokenizer, 4, ">>fr<<");
  const auto cut = encoder.EncodeTruncated("abcdef");
  ASSERT_TRUE(cut.ok());
  EXPECT_TRUE(cut->truncated);
  EXPECT_THAT(cut->source_ids, ElementsAre(FakeTokenizer::kFrench, 1097, 1098,
                                           FakeTokenizer::kEnd));
  const auto whole = encoder.EncodeTruncated("ab");
  ASSERT_TRUE(whole.ok());
  EXPECT_FALSE(whole->truncated);
  EXPECT_EQ(whole->source_ids, cut->source_ids);
}

TEST(PieceEncoderTest, TruncatedDoesNotReadAMegabyteForAFewTokens) {
  FakeTokenizer tokenizer;
  const PieceEncoder encoder = MakeEncoder(&tokenizer, 100);
  tokenizer.num_bytes_encoded = 0;
  const auto cut = encoder.EncodeTruncated(std::string(1 << 20, 'x'));
  ASSERT_TRUE(cut.ok());
  EXPECT_EQ(cut->source_ids.size(), 100);
  EXPECT_LT(tokenizer.num_bytes_encoded, 1 << 18);
}

TEST(PieceEncoderTest, RefusesALanguageTokenThatTheVocabularyLacks) {
  FakeTokenizer tokenizer;
  EXPECT_TRUE(absl::IsInvalidArgument(
      PieceEncoder::Create(
          &tokenizer, {.language_token = ">>xx<<", .max_source_tokens = 10})
          .status()));
}

}  // namespace
}  // namespace parley
