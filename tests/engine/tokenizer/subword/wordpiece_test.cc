#include "engine/tokenizer/subword/wordpiece.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

std::vector<std::pair<std::string, TokenId>> Vocab() {
  return {{"[UNK]", 0}, {"un", 1},     {"##aff", 2}, {"##able", 3},
          {"##a", 4},   {"##ble", 5},  {"##é", 6},   {"é", 7},
          {"una", 8},   {"##affx", 9}, {"#", 10},    {"##", 11}};
}

std::unique_ptr<SubwordModel> Create(WordPieceOptions options = {}) {
  if (options.vocab.empty()) options.vocab = Vocab();
  auto model = CreateWordPiece(std::move(options));
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

// "1:0-2" for each piece; "none" where the word has no pieces.
std::vector<std::string> Pieces(const SubwordModel& model,
                                absl::string_view word) {
  std::vector<Subword> pieces;
  if (!model.Encode(word, &pieces)) return {"none"};
  std::vector<std::string> shown;
  for (const Subword& piece : pieces) {
    shown.push_back(absl::StrCat(piece.id, ":", piece.begin, "-", piece.end));
  }
  return shown;
}

TEST(WordPieceTest, TakesTheLongestPieceEachTime) {
  const auto model = Create();
  EXPECT_THAT(Pieces(*model, "unable"), ElementsAre("8:0-3", "5:3-6"));
  EXPECT_THAT(Pieces(*model, "un"), ElementsAre("1:0-2"));
  EXPECT_THAT(Pieces(*model, "éé"), ElementsAre("7:0-2", "6:2-4"));
}

TEST(WordPieceTest, UnknownWordsAreOneToken) {
  const auto model = Create();
  // "una" + "##ff..." leads nowhere, and no other way is tried.
  EXPECT_THAT(Pieces(*model, "unaff"), ElementsAre("0:0-5"));
  EXPECT_THAT(Pieces(*model, "xyz"), ElementsAre("0:0-3"));
  EXPECT_THAT(Pieces(*model, "##a"), ElementsAre("4:0-3"));
}

TEST(WordPieceTest, AppendsToWhatIsThere) {
  const auto model = Create();
  std::vector<Subword> pieces = {{99, 0, 1}};
  ASSERT_TRUE(model->Encode("unx", &pieces));
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[0].id, 99);
  EXPECT_EQ(pieces[1].id, 0);
}

TEST(WordPieceTest, LimitCountsCharacters) {
  WordPieceOptions options;
  options.max_input_chars_per_word = 3;
  const auto model = Create(std::move(options));
  EXPECT_THAT(Pieces(*model, "ééé"), ElementsAre("7:0-2", "6:2-4", "6:4-6"));
  EXPECT_THAT(Pieces(*model, "éééé"), ElementsAre("0:0-8"));
}

TEST(WordPieceTest, FailsWithoutUnknownToken) {
  WordPieceOptions options;
  options.unk_token = "<unk>";
  const auto model = Create(std::move(options));
  EXPECT_THAT(Pieces(*model, "xyz"), ElementsAre("none"));
  EXPECT_THAT(Pieces(*model, "un"), ElementsAre("1:0-2"));
}

TEST(WordPieceTest, OtherPrefix) {
  WordPieceOptions options;
  options.continuing_subword_prefix = "";
  options.vocab = {{"[UNK]", 0}, {"a", 1}, {"ab", 2}};
  const auto model = Create(std::move(options));
  EXPECT_THAT(Pieces(*model, "aba"), ElementsAre("2:0-2", "1:2-3"));
}

TEST(WordPieceTest, KnowsItsTokens) {
  const auto model = Create();
  EXPECT_EQ(model->FindToken("##aff"), 2);
  EXPECT_EQ(model->FindToken("aff"), std::nullopt);
  EXPECT_EQ(*model->TokenText(3), "##able");
  EXPECT_EQ(model->TokenText(12), nullptr);
  EXPECT_EQ(model->TokenText(-1), nullptr);
  EXPECT_EQ(model->vocab_size(), 12);
}

TEST(WordPieceTest, RefusesIdsOutOfRange) {
  WordPieceOptions options;
  options.vocab = {{"a", -1}};
  EXPECT_EQ(CreateWordPiece(std::move(options)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace parley
