#include "engine/tokenizer/subword/bpe.h"

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
using ::testing::IsEmpty;

// Ids in the order of the tokens.
BpeOptions Options(const std::vector<std::string>& tokens,
                   std::vector<std::pair<std::string, std::string>> merges) {
  BpeOptions options;
  for (const std::string& token : tokens) {
    options.vocab.emplace_back(token,
                               static_cast<TokenId>(options.vocab.size()));
  }
  options.merges = std::move(merges);
  return options;
}

std::unique_ptr<SubwordModel> Create(BpeOptions options) {
  auto model = CreateBpe(std::move(options));
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

TEST(BpeTest, JoinsTheMostUrgentFirst) {
  const auto model = Create(Options({"a", "b", "c", "ab", "bc", "abc"},
                                    {{"b", "c"}, {"a", "b"}, {"a", "bc"}}));
  EXPECT_THAT(Pieces(*model, "abc"), ElementsAre("abc:0-3"));
  EXPECT_THAT(Pieces(*model, "abbc"), ElementsAre("ab:0-2", "bc:2-4"));
  EXPECT_THAT(Pieces(*model, "cab"), ElementsAre("c:0-1", "ab:1-3"));
}

TEST(BpeTest, JoinsTheLeftmostOfEquals) {
  const auto model = Create(Options({"a", "aa"}, {{"a", "a"}}));
  EXPECT_THAT(Pieces(*model, "aaaaa"),
              ElementsAre("aa:0-2", "aa:2-4", "a:4-5"));
}

TEST(BpeTest, LeavesTokensThatNoMergeMakes) {
  BpeOptions options = Options({"a", "b", "ab"}, {});
  EXPECT_THAT(Pieces(*Create(options), "ab"), ElementsAre("a:0-1", "b:1-2"));
  options.ignore_merges = true;
  EXPECT_THAT(Pieces(*Create(options), "ab"), ElementsAre("ab:0-2"));
  EXPECT_THAT(Pieces(*Create(options), "ba"), ElementsAre("b:0-1", "a:1-2"));
}

TEST(BpeTest, TakesTheLaterOfTwoEqualMerges) {
  const auto model = Create(Options({"a", "b", "c", "ab", "bc"},
                                    {{"a", "b"}, {"b", "c"}, {"a", "b"}}));
  EXPECT_THAT(Pieces(*model, "abc"), ElementsAre("a:0-1", "bc:1-3"));
}

TEST(BpeTest, LeavesOutUnknownCharacters) {
  // As Hugging Face's tokenizers: later pieces are counted without them.
  const auto model = Create(Options({"a", "b"}, {}));
  EXPECT_THAT(Pieces(*model, "aéb"), ElementsAre("a:0-1", "b:1-2"));
  EXPECT_THAT(Pieces(*model, "é"), IsEmpty());
}

TEST(BpeTest, WritesUnknownTokens) {
  BpeOptions options = Options({"<unk>", "a"}, {});
  options.unk_token = "<unk>";
  EXPECT_THAT(Pieces(*Create(options), "éxa犬"),
              ElementsAre("<unk>:0-2", "<unk>:2-3", "a:3-4", "<unk>:4-7"));
  options.fuse_unk = true;
  EXPECT_THAT(Pieces(*Create(options), "éxa犬犬"),
              ElementsAre("<unk>:0-3", "a:3-4", "<unk>:4-10"));
}

TEST(BpeTest, FailsWhereTheUnknownTokenIsMissing) {
  BpeOptions options = Options({"a"}, {});
  options.unk_token = "<unk>";
  const auto model = Create(std::move(options));
  std::vector<Subword> pieces;
  EXPECT_TRUE(model->Encode("a", &pieces));
  EXPECT_FALSE(model->Encode("ab", &pieces));
}

TEST(BpeTest, FallsBackToBytes) {
  BpeOptions options = Options({"<unk>", "a", "<0xC3>", "<0xA9>"}, {});
  options.unk_token = "<unk>";
  options.byte_fallback = true;
  const auto model = Create(std::move(options));
  EXPECT_THAT(Pieces(*model, "aé"),
              ElementsAre("a:0-1", "<0xC3>:1-2", "<0xA9>:2-3"));
  // All bytes of a character or none.
  EXPECT_THAT(Pieces(*model, "\u00E8"), ElementsAre("<unk>:0-2"));
}

TEST(BpeTest, MarksPlacesInTheWord) {
  BpeOptions options =
      Options({"a", "##b", "##c", "a##b", "ab", "##c</w>"}, {{"a", "##b"}});
  options.continuing_subword_prefix = "##";
  options.end_of_word_suffix = "</w>";
  EXPECT_THAT(Pieces(*Create(std::move(options)), "abc"),
              ElementsAre("ab:0-2", "##c</w>:2-3"));
}

TEST(BpeTest, AnswersForItsVocabulary) {
  const auto model = Create(Options({"a", "b"}, {}));
  EXPECT_EQ(model->FindToken("b"), 1);
  EXPECT_EQ(model->FindToken("c"), std::nullopt);
  EXPECT_EQ(*model->TokenText(0), "a");
  EXPECT_EQ(model->TokenText(2), nullptr);
  EXPECT_EQ(model->vocab_size(), 2);
}

TEST(BpeTest, RefusesMergesOfUnknownTokens) {
  const std::vector<std::string> tokens = {"a", "b", "ab", "c"};
  const auto refusal = [&tokens](std::string left, std::string right) {
    const auto model = CreateBpe(
        Options(tokens, {{"a", "b"}, {std::move(left), std::move(right)}}));
    EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(model.status().message());
  };
  EXPECT_THAT(refusal("x", "b"),
              HasSubstr("merge 1 (\"x\", \"b\") needs the token \"x\""));
  EXPECT_THAT(refusal("a", "y"), HasSubstr("needs the token \"y\""));
  EXPECT_THAT(refusal("a", "c"), HasSubstr("needs the token \"ac\""));
  EXPECT_THAT(refusal("", ""), HasSubstr("needs the token \"\""));
  BpeOptions options = Options({"a", "b", "ab"}, {{"a", "b"}});
  options.continuing_subword_prefix = "####";  // Longer than what it marks.
  EXPECT_THAT(Pieces(*Create(options), "a"), ElementsAre("a:0-1"));
}

TEST(BpeTest, TakesLongWords) {
  const auto model =
      Create(Options({"a", "aa", "aaaa", "b"}, {{"a", "a"}, {"aa", "aa"}}));
  std::vector<Subword> pieces;
  EXPECT_TRUE(model->Encode(std::string(1 << 20, 'a'), &pieces));
  EXPECT_EQ(pieces.size(), size_t{1} << 18);
  EXPECT_EQ(pieces.back().end, size_t{1} << 20);
}

}  // namespace
}  // namespace parley
