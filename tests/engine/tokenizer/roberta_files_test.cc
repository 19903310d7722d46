#include "engine/tokenizer/roberta_files.h"

#include <memory>
#include <string>

#include "engine/tokenizer/encoder_tokenizer_loader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/golden_tokens.h"
#include "tests/engine/tokenizer/model_directory.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::string_view kVocab =
    R"({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4, "b": 5, "ab": 6,
        "Ġ": 7, "Ġa": 8})";

class RobertaFilesTest : public testing::Test {
 protected:
  RobertaFilesTest() {
    directory_.Write("vocab.json", kVocab);
    directory_.Write("merges.txt", "#version: 0.2\na b\nĠ a\n");
  }

  std::unique_ptr<const EncoderTokenizer> Load() const {
    auto tokenizer = LoadEncoderTokenizer(directory_.path(), {});
    EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
    return *std::move(tokenizer);
  }

  void ExpectRefused(const std::string& file, const std::string& what) const {
    const auto tokenizer = LoadEncoderTokenizer(directory_.path(), {});
    EXPECT_EQ(tokenizer.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(tokenizer.status().message(),
                HasSubstr(directory_.PathOf(file) + ": "));
    EXPECT_THAT(tokenizer.status().message(), HasSubstr(what));
  }

  ModelDirectory directory_;
};

TEST(RobertaFilesGoldenTest, AgreesWithTransformers) {
  ExpectGoldenTokens("roberta_classic");
}

TEST_F(RobertaFilesTest, MakesNewIdsForWhatTheVocabularyLacks) {
  const auto tokenizer = Load();
  EXPECT_EQ(tokenizer->mask_token(), 9);
  EXPECT_EQ(tokenizer->vocab_size(), 10);
  EXPECT_THAT(tokenizer->Tokenize("ab a<mask>")->ids, ElementsAre(6, 8, 9));
}

TEST_F(RobertaFilesTest, ReadsItsOptions) {
  directory_.Write("tokenizer_config.json",
                   R"({"add_prefix_space": true, "trim_offsets": false,
                       "cls_token": "a", "sep_token": "b"})");
  const auto tokenizer = Load();
  const auto encoding = tokenizer->Tokenize("a a");
  ASSERT_TRUE(encoding.ok());
  // "a" is a special token now, of the id that the vocabulary has.
  EXPECT_THAT(encoding->ids, ElementsAre(4, 7, 4));
  EXPECT_EQ(encoding->offsets[1].begin, 1u);
  EXPECT_EQ(encoding->offsets[1].end, 2u);
  EXPECT_THAT(tokenizer->Assemble(*encoding, nullptr, {})->ids,
              ElementsAre(4, 4, 7, 4, 5));
}

TEST_F(RobertaFilesTest, ReadsLinesOfOtherSystems) {
  directory_.Write("merges.txt", "a b\r\nĠ a");
  EXPECT_THAT(Load()->Tokenize("ab a")->ids, ElementsAre(6, 8));
  directory_.Write("merges.txt", "");
  EXPECT_THAT(Load()->Tokenize("ab a")->ids, ElementsAre(4, 5, 7, 4));
}

TEST_F(RobertaFilesTest, RefusesBrokenFiles) {
  directory_.Write("merges.txt", "#version: 0.2\na b\na\n");
  ExpectRefused("merges.txt", "line 3 has 1 tokens, expected two");
  directory_.Write("merges.txt", "a b\n\nĠ a\n");
  ExpectRefused("merges.txt", "line 2 has 1 tokens");
  directory_.Write("merges.txt", "a  b\n");
  ExpectRefused("merges.txt", "line 1 has 3 tokens");
  directory_.Write("merges.txt", "a b\na x\n");
  ExpectRefused("merges.txt", "needs the token \"x\"");
  directory_.Write("merges.txt", "a \xFF\n");
  ExpectRefused("merges.txt", "not UTF-8 at byte 2");
  directory_.Remove("merges.txt");
  ExpectRefused("merges.txt", "expected beside vocab.json");
  directory_.Write("merges.txt", "");
  directory_.Write("vocab.json", R"({"a": -1})");
  ExpectRefused("vocab.json", "the id of \"a\" is -1");
  directory_.Write("vocab.json", kVocab);
  directory_.Write("tokenizer_config.json", R"({"add_prefix_space": 1})");
  ExpectRefused("tokenizer_config.json", "add_prefix_space");
}

TEST(RobertaFilesMissingTest, IsNotFoundWithoutAVocabulary) {
  const ModelDirectory directory;
  EXPECT_TRUE(
      absl::IsNotFound(ReadRobertaFiles(directory.path(), {}).status()));
}

}  // namespace
}  // namespace parley
