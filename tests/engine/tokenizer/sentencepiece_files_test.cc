#include "engine/tokenizer/sentencepiece_files.h"

#include <memory>
#include <string>

#include "engine/tokenizer/encoder_tokenizer_loader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/crafted_model.h"
#include "tests/engine/tokenizer/golden_tokens.h"
#include "tests/engine/tokenizer/model_directory.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kFile[] = "sentencepiece.bpe.model";

// <unk>, <s>, </s>, ▁a, b, and one that the user defined.
std::string Model() {
  return WirePiece("<unk>", 2, 0) + WirePiece("<s>", 3, 0) +
         WirePiece("</s>", 3, 0) + WirePiece("▁a") + WirePiece("b") +
         WirePiece("[x]", 4, 0);
}

class SentencePieceFilesTest : public testing::Test {
 protected:
  SentencePieceFilesTest() { directory_.Write(kFile, Model()); }

  std::unique_ptr<const EncoderTokenizer> Load() const {
    auto tokenizer = LoadEncoderTokenizer(directory_.path(), {});
    EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
    return *std::move(tokenizer);
  }

  void ExpectRefused(absl::StatusCode code, const std::string& what) const {
    const auto tokenizer = LoadEncoderTokenizer(directory_.path(), {});
    EXPECT_EQ(tokenizer.status().code(), code);
    EXPECT_THAT(tokenizer.status().message(), HasSubstr(what));
  }

  ModelDirectory directory_;
};

TEST(SentencePieceFilesGoldenTest, AgreesWithTransformers) {
  ExpectGoldenTokens("xlm_roberta_classic");
  ExpectGoldenTokens("camembert_classic");
}

TEST_F(SentencePieceFilesTest, CountsAsXlmRobertaDoes) {
  const auto tokenizer = Load();
  EXPECT_EQ(tokenizer->FindToken("<s>"), 0);
  EXPECT_EQ(tokenizer->FindToken("<pad>"), 1);
  EXPECT_EQ(tokenizer->FindToken("</s>"), 2);
  EXPECT_EQ(tokenizer->FindToken("<unk>"), 3);
  EXPECT_EQ(tokenizer->FindToken("▁a"), 4);
  EXPECT_EQ(tokenizer->mask_token(), 7);
  EXPECT_EQ(tokenizer->vocab_size(), 8);
  const auto encoding = tokenizer->Tokenize("ab y[x] <mask>");
  ASSERT_TRUE(encoding.ok());
  EXPECT_THAT(encoding->ids, ElementsAre(4, 5, 3, 6, 7));
  EXPECT_THAT(tokenizer->Assemble(*encoding, &*encoding, {})->ids,
              ElementsAre(0, 4, 5, 3, 6, 7, 2, 2, 4, 5, 3, 6, 7, 2));
}

TEST_F(SentencePieceFilesTest, CountsAsCamembertDoes) {
  for (const char* file : {"tokenizer_config.json", "config.json"}) {
    const ModelDirectory directory;
    directory.Write(kFile, Model());
    directory.Write(file, R"({"tokenizer_class": "CamembertTokenizer",
                              "model_type": "camembert"})");
    const auto loaded = LoadEncoderTokenizer(directory.path(), {});
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    const EncoderTokenizer& tokenizer = **loaded;
    EXPECT_EQ(tokenizer.FindToken("<s>NOTUSED"), 0);
    EXPECT_EQ(tokenizer.FindToken("<pad>"), 1);
    EXPECT_EQ(tokenizer.FindToken("</s>NOTUSED"), 2);
    EXPECT_EQ(tokenizer.FindToken("<unk>"), 3);
    EXPECT_EQ(tokenizer.FindToken("<unk>NOTUSED"), 4);
    EXPECT_EQ(tokenizer.FindToken("<s>"), 5);
    EXPECT_EQ(tokenizer.FindToken("</s>"), 6);
    EXPECT_EQ(tokenizer.FindToken("▁a"), 7);
    EXPECT_EQ(tokenizer.mask_token(), 10);
    // The mask takes the space before it in.
    const auto encoding = tokenizer.Tokenize("y <mask>");
    ASSERT_TRUE(encoding.ok());
    EXPECT_THAT(encoding->ids, ElementsAre(3, 10));
    EXPECT_EQ(encoding->offsets[1].begin, 1u);
    EXPECT_THAT(tokenizer.Assemble(*encoding, nullptr, {})->ids,
                ElementsAre(5, 3, 10, 6));
  }
}

TEST_F(SentencePieceFilesTest, ReadsItsOptions) {
  directory_.Write("tokenizer_config.json",
                   R"({"add_prefix_space": false, "mask_token": "[M]"})");
  const auto tokenizer = Load();
  EXPECT_EQ(tokenizer->mask_token(), 7);
  EXPECT_EQ(tokenizer->TokenText(7), "[M]");
  EXPECT_THAT(tokenizer->Tokenize("b[M]")->ids, ElementsAre(5, 7));
}

TEST_F(SentencePieceFilesTest, Normalizes) {
  directory_.Write(kFile, Model() + WireCharsMap(SmallCharsMap()));
  EXPECT_THAT(Load()->Tokenize("Ab")->ids, ElementsAre(4, 5));
}

TEST_F(SentencePieceFilesTest, RefusesBrokenFiles) {
  using enum absl::StatusCode;
  directory_.Write(kFile, Model().substr(0, 20));
  ExpectRefused(kInvalidArgument, directory_.PathOf(kFile) + ": not a sound");
  directory_.Write(kFile, Model() + WireCharsMap("abc"));
  ExpectRefused(kInvalidArgument, "character map: it is too short");
  directory_.Write(kFile, Model() + WirePiece("\xFF"));
  ExpectRefused(kInvalidArgument,
                directory_.PathOf(kFile) + ": piece 7: \"\\xff\" is not UTF-8");
  directory_.Write(kFile, Model() + WireBytes(2, WireNumber(3, 2)));
  ExpectRefused(kUnimplemented, "its model_type is 2, which is not supported");
  directory_.Write(kFile, Model());
  directory_.Write("config.json", "[");
  ExpectRefused(kInvalidArgument, directory_.PathOf("config.json"));
  directory_.Remove("config.json");
  directory_.Remove(kFile);
  ExpectRefused(kNotFound, "expected tokenizer.json, vocab.txt");
}

// No cut or change of a byte may do more than end in a status.
TEST_F(SentencePieceFilesTest, SurvivesCutAndChangedFiles) {
  const std::string model = Model() + WireCharsMap(SmallCharsMap());
  for (size_t i = 0; i < model.size(); ++i) {
    std::string changed = model;
    changed[i] = static_cast<char>(changed[i] ^ (1 << i % 8));
    directory_.Write(kFile, changed);
    const auto tokenizer = LoadEncoderTokenizer(directory_.path(), {});
    if (tokenizer.ok())
      (*tokenizer)->Tokenize("Ab [x] y").status().IgnoreError();
    directory_.Write(kFile, model.substr(0, i));
    LoadEncoderTokenizer(directory_.path(), {}).status().IgnoreError();
  }
}

}  // namespace
}  // namespace parley
