#include "engine/tokenizer/encoder_tokenizer_config.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/json_text.h"
#include "tests/engine/tokenizer/model_directory.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

EncoderTokenizerConfig Read(const ModelDirectory& directory) {
  auto config = ReadEncoderTokenizerConfig(directory.path());
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? *std::move(config) : EncoderTokenizerConfig();
}

std::string Error(absl::string_view config) {
  const ModelDirectory directory;
  directory.Write("tokenizer_config.json", config);
  return InvalidMessage(ReadEncoderTokenizerConfig(directory.path()).status());
}

TEST(EncoderTokenizerConfigTest, NoFiles) {
  const EncoderTokenizerConfig config = Read(ModelDirectory());
  EXPECT_EQ(config.SpecialToken("mask_token", "[M]"), "[M]");
  EXPECT_TRUE(config.Get("do_lower_case").is_missing());
  EXPECT_EQ(config.max_tokens, std::nullopt);
}

TEST(EncoderTokenizerConfigTest, ReadsConfig) {
  const ModelDirectory directory;
  directory.Write("tokenizer_config.json", R"({
      "model_max_length": 512, "truncation_side": "left",
      "tokenizer_class": "BertTokenizerFast", "do_lower_case": false,
      "add_bos_token": true, "sep_token": null, "cls_token": "<c>",
      "mask_token": {"content": "<m>", "lstrip": true},
      "added_tokens_decoder": {"10": {"content": "b"}, "9": {"content": "a"}}})");
  const EncoderTokenizerConfig config = Read(directory);
  EXPECT_EQ(config.max_tokens, 512);
  EXPECT_EQ(config.truncation_side, TruncationSide::kLeft);
  EXPECT_EQ(config.tokenizer_class, "BertTokenizer");
  EXPECT_FALSE(*config.Get("do_lower_case").AsBool());
  EXPECT_EQ(config.SpecialToken("cls_token", ""), "<c>");
  EXPECT_EQ(config.SpecialToken("sep_token", "s"), "s");
  EXPECT_EQ(config.special_tokens.count("add_bos_token"), 0u);
  const VocabularyAddition& mask = config.special_tokens.at("mask_token");
  EXPECT_TRUE(mask.special && mask.lstrip && !mask.is_plain);
  ASSERT_EQ(config.added_tokens.size(), 2u);
  EXPECT_EQ(config.added_tokens[0].content, "a");
  EXPECT_EQ(config.added_tokens[0].id, 9);
}

TEST(EncoderTokenizerConfigTest, SpecialTokensMapComesSecond) {
  const ModelDirectory directory;
  directory.Write("tokenizer_config.json", R"({"mask_token": "x"})");
  directory.Write("special_tokens_map.json",
                  R"({"mask_token": "y", "cls_token": "z"})");
  const EncoderTokenizerConfig config = Read(directory);
  EXPECT_EQ(config.SpecialToken("mask_token", ""), "x");
  EXPECT_EQ(config.SpecialToken("cls_token", ""), "z");
}

TEST(EncoderTokenizerConfigTest, HugeLengthsAreNone) {
  const ModelDirectory directory;
  directory.Write("tokenizer_config.json",
                  R"({"model_max_length": 1000000000000000019884624838656})");
  EXPECT_EQ(Read(directory).max_tokens, std::nullopt);
}

TEST(EncoderTokenizerConfigTest, RefusesWhatIsWrong) {
  EXPECT_THAT(Error(R"({"model_max_length": 0})"),
              HasSubstr("tokenizer_config.json: model_max_length is 0, "
                        "expected a positive integer"));
  EXPECT_THAT(Error(R"({"model_max_length": "512"})"),
              HasSubstr("expected a positive integer"));
  EXPECT_THAT(Error(R"({"truncation_side": "up"})"),
              HasSubstr("expected left or right"));
  EXPECT_THAT(Error(R"({"mask_token": 7})"),
              HasSubstr("mask_token.content is missing, expected a string"));
  EXPECT_THAT(Error(R"({"added_tokens_decoder": {"x": {"content": "a"}}})"),
              HasSubstr("has a key that is no id"));
  EXPECT_THAT(Error(R"({"added_tokens_decoder": {"-1": {"content": "a"}}})"),
              HasSubstr("has a key that is no id"));
  EXPECT_THAT(Error("{"), HasSubstr("tokenizer_config.json: not JSON"));
}

}  // namespace
}  // namespace parley
