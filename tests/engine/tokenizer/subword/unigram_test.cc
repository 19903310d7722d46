#include "engine/tokenizer/subword/unigram.h"

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<SubwordModel> Create(UnigramOptions options) {
  auto model = CreateUnigram(std::move(options));
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

// Each piece with its bytes: "ab:0-2".
std::vector<std::string> Pieces(const SubwordModel& model,
                                absl::string_view word) {
  std::vector<Subword> pieces;
  EXPECT_TRUE(model.Encode(word, &pieces));
  std::vector<std::string> texts;
  for (const Subword& piece : pieces) {
    texts.push_back(absl::StrCat(*model.TokenText(piece.id), ":", piece.begin,
                                 "-", piece.end));
  }
  return texts;
}

UnigramOptions Options(std::vector<ScoredPiece> pieces) {
  pieces.insert(pieces.begin(), {"<unk>", 0});
  return {.pieces = std::move(pieces), .unk_id = 0};
}

TEST(UnigramTest, FindsTheBestCut) {
  const auto model = Create(Options({{"a", -1},
                                     {"b", -1},
                                     {"c", -1},
                                     {"ab", -1.5},
                                     {"bc", -0.25},
                                     {"abc", -3}}));
  EXPECT_THAT(Pieces(*model, "abc"), ElementsAre("a:0-1", "bc:1-3"));
  EXPECT_THAT(Pieces(*model, "ab"), ElementsAre("ab:0-2"));
  EXPECT_THAT(Pieces(*model, "cc"), ElementsAre("c:0-1", "c:1-2"));
}

TEST(UnigramTest, TakesTheFirstFoundOfEquals) {
  // The last pieces of two cuts are found in the order of their begins.
  const auto model =
      Create(Options({{"a", -1}, {"b", -1}, {"ab", -2}, {"ba", -2}}));
  EXPECT_THAT(Pieces(*model, "ab"), ElementsAre("ab:0-2"));
  EXPECT_THAT(Pieces(*model, "aba"), ElementsAre("a:0-1", "ba:1-3"));
}

TEST(UnigramTest, JoinsUnknownCharacters) {
  const auto model = Create(Options({{"a", -1}, {"é", -2}}));
  EXPECT_THAT(Pieces(*model, "x犬aéy"),
              ElementsAre("<unk>:0-4", "a:4-5", "é:5-7", "<unk>:7-8"));
  EXPECT_THAT(Pieces(*model, "犬"), ElementsAre("<unk>:0-3"));
}

TEST(UnigramTest, PrefersKnownPiecesToUnknownCharacters) {
  // An unknown character costs 10 more than the worst piece.
  const auto model = Create(Options({{"a", -1}, {"xyz", -40}}));
  EXPECT_THAT(Pieces(*model, "axyz"), ElementsAre("a:0-1", "xyz:1-4"));
}

TEST(UnigramTest, UnknownCharactersTogetherMayBeAPiece) {
  const auto model = Create(Options({{"xy", 100}, {"a", 200}}));
  EXPECT_THAT(Pieces(*model, "axy"), ElementsAre("a:0-1", "xy:1-3"));
}

TEST(UnigramTest, FindsTheUnknownTokensOwnText) {
  const auto model = Create(Options({{"a", -1}}));
  EXPECT_THAT(Pieces(*model, "<unk>"), ElementsAre("<unk>:0-5"));
  EXPECT_THAT(Pieces(*model, "<unk>x<unk>a"),
              ElementsAre("<unk>:0-11", "a:11-12"));
}

TEST(UnigramTest, FallsBackToBytes) {
  UnigramOptions options = Options({{"a", -1}, {"<0xC3>", 0}, {"<0xA9>", 0}});
  options.byte_fallback = true;
  const auto model = Create(std::move(options));
  EXPECT_THAT(Pieces(*model, "aé"),
              ElementsAre("a:0-1", "<0xC3>:1-3", "<0xA9>:1-3"));
  // All bytes of the characters in a row or none.
  EXPECT_THAT(Pieces(*model, "éx"), ElementsAre("<unk>:0-3"));
}

TEST(UnigramTest, FailsWithoutAnUnknownToken) {
  const auto model = Create({.pieces = {{"a", -1}, {"xy", -1}}});
  std::vector<Subword> pieces;
  EXPECT_TRUE(model->Encode("a", &pieces));
  EXPECT_FALSE(model->Encode("b", &pieces));
}

TEST(UnigramTest, TakesTheLaterOfTwoEqualPieces) {
  const auto model = Create(Options({{"a", -1}, {"b", -1}, {"a", -2}}));
  std::vector<Subword> pieces;
  EXPECT_TRUE(model->Encode("a", &pieces));
  EXPECT_EQ(pieces[0].id, 3);
  EXPECT_EQ(model->FindToken("a"), 3);
  EXPECT_EQ(*model->TokenText(1), "a");
  EXPECT_EQ(model->vocab_size(), 4);
}

TEST(UnigramTest, AppendsToWhatIsThere) {
  const auto model = Create(Options({{"a", -1}, {"b", -1}}));
  std::vector<Subword> pieces = {{.id = 7}};
  EXPECT_TRUE(model->Encode("ab", &pieces));
  ASSERT_EQ(pieces.size(), 3u);
  EXPECT_EQ(pieces[0].id, 7);
  EXPECT_EQ(pieces[1].id, 1);
  EXPECT_EQ(pieces[2].id, 2);
}

void ExpectRefused(UnigramOptions options, const std::string& message) {
  const auto model = CreateUnigram(std::move(options));
  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(model.status().message(), HasSubstr(message));
}

TEST(UnigramTest, RefusesWhatIsNotSound) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  ExpectRefused(Options({{"a", nan}}), "piece 1: the score of \"a\" is nan");
  ExpectRefused(Options({{"a", -infinity}}), "expected a finite number");
  ExpectRefused(Options({{"\xFF", 0}}), "piece 1: \"\\xff\" is not UTF-8");
  ExpectRefused(Options({{std::string(1025, 'a'), 0}}), "it has 1025 bytes");
  ExpectRefused({.pieces = {{"a", 0}}, .unk_id = 1},
                "unk_id is 1, expected one of the 1 pieces");
  ExpectRefused({.unk_id = 0}, "unk_id is 0");
  ExpectRefused({.pieces = {{"a", 0}}, .unk_id = -1}, "unk_id is -1");
}

TEST(UnigramTest, TakesLongWords) {
  const auto model =
      Create(Options({{"a", -1}, {"aa", -1.5}, {std::string(64, 'a'), -20}}));
  std::vector<Subword> pieces;
  EXPECT_TRUE(model->Encode(std::string(1 << 20, 'a'), &pieces));
  EXPECT_EQ(pieces.size(), size_t{1} << 14);
}

}  // namespace
}  // namespace parley
