#include "engine/tokenizer/bert_files.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/golden_tokens.h"
#include "tests/engine/tokenizer/json_text.h"
#include "tests/engine/tokenizer/model_directory.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::string_view kVocab =
    "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\n##b\nÉ\né\ne\n";

class BertFilesTest : public testing::Test {
 protected:
  BertFilesTest() { directory_.Write("vocab.txt", kVocab); }

  absl::StatusOr<TokenizerSteps> Read() {
    const auto config = ReadEncoderTokenizerConfig(directory_.path());
    EXPECT_TRUE(config.ok()) << config.status();
    return ReadBertFiles(directory_.path(), *config);
  }

  std::vector<TokenId> Tokens(absl::string_view text) {
    auto steps = Read();
    EXPECT_TRUE(steps.ok()) << steps.status();
    const auto encoding =
        CreateStepTokenizer(*std::move(steps))->Tokenize(text);
    EXPECT_TRUE(encoding.ok()) << encoding.status();
    return encoding->ids;
  }

  std::vector<TokenId> TokensOfPair() {
    auto steps = Read();
    EXPECT_TRUE(steps.ok()) << steps.status();
    const auto tokenizer = CreateStepTokenizer(*std::move(steps));
    const Encoding text = *tokenizer->Tokenize("a");
    return tokenizer->Assemble(text, &text, {})->ids;
  }

  ModelDirectory directory_;
};

TEST_F(BertFilesTest, Goldens) { ExpectGoldenTokens("wordpiece_classic"); }

TEST_F(BertFilesTest, Defaults) {
  EXPECT_THAT(Tokens("Ab É [MASK]x"), ElementsAre(5, 6, 9, 4, 1));
  EXPECT_THAT(TokensOfPair(), ElementsAre(2, 5, 3, 5, 3));
}

TEST_F(BertFilesTest, Options) {
  directory_.Write("tokenizer_config.json", R"({"do_lower_case": false})");
  EXPECT_THAT(Tokens("É A"), ElementsAre(7, 1));
  directory_.Write("tokenizer_config.json", R"({"strip_accents": false})");
  EXPECT_THAT(Tokens("É"), ElementsAre(8));
  directory_.Write("tokenizer_config.json", R"({"do_lower_case": "no"})");
  EXPECT_THAT(InvalidMessage(Read().status()),
              HasSubstr("tokenizer_config.json: do_lower_case is \"no\""));
}

TEST_F(BertFilesTest, SpecialTokensThatTheVocabularyLacksComeBehindIt) {
  directory_.Write("tokenizer_config.json", R"({"mask_token": "<m>",
      "cls_token": "<c>", "added_tokens_decoder": {"77": {"content": "x y",
      "special": false}}})");
  EXPECT_THAT(Tokens("<m>X y"), ElementsAre(12, 10));
  EXPECT_THAT(TokensOfPair(), ElementsAre(11, 5, 3, 5, 3));
}

TEST_F(BertFilesTest, LinesLoseWhiteSpaceAtTheirEnd) {
  directory_.Write("vocab.txt", "[UNK]\r\na \t\r\n\r\nb\u3000\r\na");
  EXPECT_THAT(Tokens("a b"), ElementsAre(4, 3));
}

TEST_F(BertFilesTest, Mpnet) {
  directory_.Write("vocab.txt", "<s>\n<pad>\n</s>\n[UNK]\na\n<mask>\n");
  directory_.Write("tokenizer_config.json",
                   R"({"tokenizer_class": "MPNetTokenizer"})");
  EXPECT_THAT(Tokens("a <mask></s>"), ElementsAre(4, 5, 2));
  EXPECT_THAT(TokensOfPair(), ElementsAre(0, 4, 2, 2, 4, 2));
}

TEST_F(BertFilesTest, RefusesWhatIsWrong) {
  directory_.Write("vocab.txt", "a\n\xFF\n");
  EXPECT_THAT(InvalidMessage(Read().status()),
              HasSubstr("vocab.txt: not UTF-8 at byte 2"));
  directory_.Remove("vocab.txt");
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kNotFound);
}

TEST_F(BertFilesTest, TooManyLines) {
  directory_.Write("vocab.txt", std::string(2'097'153, '\n'));
  EXPECT_THAT(InvalidMessage(Read().status()),
              HasSubstr("vocab.txt: it has more than 2097152 lines"));
}

}  // namespace
}  // namespace parley
