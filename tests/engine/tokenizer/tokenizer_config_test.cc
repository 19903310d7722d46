#include "engine/tokenizer/tokenizer_config.h"

#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/model_directory.h"

namespace parley {
namespace {

using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

absl::StatusOr<TokenizerConfig> Read(const std::string& json) {
  const ModelDirectory directory;
  directory.Write("tokenizer_config.json", json);
  return ReadTokenizerConfig(directory.path());
}

TEST(TokenizerConfigTest, MissingFilesAreDefaults) {
  const ModelDirectory directory;
  const auto config = ReadTokenizerConfig(directory.path());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->unk_token, "<unk>");
  EXPECT_EQ(config->eos_token, "</s>");
  EXPECT_THAT(config->special_tokens,
              UnorderedElementsAre("</s>", "<unk>", "<pad>"));
  EXPECT_THAT(config->added_tokens, IsEmpty());
  EXPECT_EQ(config->source_language, "");
  EXPECT_EQ(config->max_tokens, 0);
  EXPECT_FALSE(config->separate_vocabs);
  EXPECT_FALSE(config->clean_up_spaces);
  EXPECT_FALSE(config->split_special_tokens);
}

TEST(TokenizerConfigTest, OldOpusMtFiles) {
  const auto config = Read(R"({"target_lang": "de", "source_lang": "en"})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->source_language, "en");
  EXPECT_EQ(config->target_language, "de");
  EXPECT_EQ(config->max_tokens, 0);
}

TEST(TokenizerConfigTest, NewerFiles) {
  const auto config = Read(R"({
      "source_lang": "eng", "target_lang": null, "model_max_length": 512,
      "eos_token": {"__type": "AddedToken", "content": "<end>"},
      "unk_token": "<?>", "pad_token": null, "add_bos_token": true,
      "bos_token": {"content": "<begin>", "lstrip": false},
      "additional_special_tokens": ["<x>", {"content": "<y>"}, "<x>"],
      "sp_model_kwargs": {}, "separate_vocabs": true,
      "split_special_tokens": true, "clean_up_tokenization_spaces": true,
      "tokenizer_class": "MarianTokenizer", "special_tokens_map_file": null,
      "added_tokens_decoder": {
        "7": {"content": "<x>", "lstrip": true, "special": true},
        "12": {"content": "<end>", "rstrip": true, "single_word": false}}})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->source_language, "eng");
  EXPECT_EQ(config->target_language, "");
  EXPECT_EQ(config->eos_token, "<end>");
  EXPECT_EQ(config->unk_token, "<?>");
  EXPECT_THAT(config->special_tokens,
              UnorderedElementsAre("<begin>", "<end>", "<?>", "<x>", "<y>"));
  EXPECT_EQ(config->max_tokens, 512);
  EXPECT_TRUE(config->separate_vocabs);
  EXPECT_TRUE(config->clean_up_spaces);
  EXPECT_TRUE(config->split_special_tokens);
  ASSERT_THAT(config->added_tokens,
              UnorderedElementsAre(Field(&AddedToken::text, "<x>"),
                                   Field(&AddedToken::text, "<end>")));
  for (const AddedToken& token : config->added_tokens) {
    EXPECT_EQ(token.id, token.text == "<x>" ? 7 : 12);
    EXPECT_EQ(token.strip_before, token.text == "<x>");
    EXPECT_EQ(token.strip_after, token.text == "<end>");
  }
}

TEST(TokenizerConfigTest, LengthsWithoutLimit) {
  for (const char* length :
       {"1e30", "1000000000000000019884624838656", "3000000000", "null"}) {
    const auto config =
        Read("{\"model_max_length\": " + std::string(length) + "}");
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->max_tokens, 0) << length;
  }
  EXPECT_EQ(Read(R"({"model_max_length": 1})")->max_tokens, 1);
  EXPECT_EQ(Read(R"({"model_max_length": 512.0})")->max_tokens, 512);
}

TEST(TokenizerConfigTest, OlderCompanionFiles) {
  const ModelDirectory directory;
  directory.Write("tokenizer_config.json", R"({"eos_token": "</s>"})");
  directory.Write("special_tokens_map.json",
                  R"({"eos_token": {"content": "<e>"},
                      "additional_special_tokens": ["<x>"]})");
  directory.Write("added_tokens.json", R"({"<x>": 99})");
  const auto config = ReadTokenizerConfig(directory.path());
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->eos_token, "<e>");
  EXPECT_THAT(config->special_tokens,
              UnorderedElementsAre("<e>", "<unk>", "<pad>", "<x>"));
  ASSERT_THAT(config->added_tokens, SizeIs(1));
  EXPECT_EQ(config->added_tokens[0].text, "<x>");
  EXPECT_EQ(config->added_tokens[0].id, 99);
  // A configuration that lists its added tokens stands alone.
  directory.Write("tokenizer_config.json", R"({"added_tokens_decoder": {}})");
  const auto alone = ReadTokenizerConfig(directory.path());
  ASSERT_TRUE(alone.ok()) << alone.status();
  EXPECT_EQ(alone->eos_token, "</s>");
  EXPECT_THAT(alone->added_tokens, IsEmpty());
}

TEST(TokenizerConfigTest, RefusalsNameFileKeyAndRule) {
  const std::string long_token(1025, 'x');
  const std::pair<std::string, std::string> cases[] = {
      {"", "not JSON"},
      {"{", "not JSON"},
      {"[]", "its top is not an object"},
      {"\xFF", "not JSON"},
      {std::string(100000, '['), "not JSON"},
      {R"({"source_lang": 1})", "source_lang is not a string"},
      {R"({"target_lang": ["de"]})", "target_lang is not a string"},
      {R"({"separate_vocabs": "yes"})", "separate_vocabs is not true or"},
      {R"({"model_max_length": 0})", "model_max_length is not a positive"},
      {R"({"model_max_length": -5})", "model_max_length is not a positive"},
      {R"({"model_max_length": 1.5})", "model_max_length is not a positive"},
      {R"({"model_max_length": "9"})", "model_max_length is not a positive"},
      {R"({"eos_token": 5})", "eos_token is neither a string nor an object"},
      {R"({"eos_token": {"text": "x"}})", "eos_token is neither a string"},
      {R"({"eos_token": null})", "eos_token is empty"},
      {R"({"unk_token": ""})", "unk_token is empty"},
      {"{\"pad_token\": \"" + long_token + "\"}",
       "pad_token is longer than 1024"},
      {R"({"sp_model_kwargs": {"enable_sampling": true}})",
       "sp_model_kwargs is not empty"},
      {R"({"additional_special_tokens": "x"})",
       "additional_special_tokens is neither an array"},
      {R"({"extra_special_tokens": [1]})", "extra_special_tokens is neither"},
      {R"({"added_tokens_decoder": []})", "added_tokens_decoder is not an"},
      {R"({"added_tokens_decoder": {"x": {"content": "a"}}})",
       "a has an id that is not an integer from 0"},
      {R"({"added_tokens_decoder": {"-1": {"content": "a"}}})",
       "a has an id that is not an integer from 0"},
      {R"({"added_tokens_decoder": {"9999999": {"content": "a"}}})",
       "a has an id that is not an integer from 0"},
      {R"({"added_tokens_decoder": {"3": {"content": ""}}})",
       "the added token 3 has 0 bytes"},
      {R"({"added_tokens_decoder": {"3": {"id": 1}}})",
       "added_tokens_decoder is neither"},
      {R"({"added_tokens_decoder": {"3": {"content": "a",
           "single_word": true}}})",
       "single_word"},
  };
  for (const auto& [json, message] : cases) {
    const auto config = Read(json);
    ASSERT_FALSE(config.ok()) << json.substr(0, 80);
    EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(config.status().message(),
                HasSubstr("/tokenizer_config.json: "));
    EXPECT_THAT(config.status().message(), HasSubstr(message));
  }
}

TEST(TokenizerConfigTest, CompanionsAreCheckedToo) {
  for (const char* json :
       {R"({"<x>": -1})", R"({"<x>": "1"})", R"({"<x>": 18446744073709551615})",
        R"({"": 1})", "[]", "{"}) {
    const ModelDirectory directory;
    directory.Write("added_tokens.json", json);
    const auto config = ReadTokenizerConfig(directory.path());
    EXPECT_THAT(config.status().message(), HasSubstr("/added_tokens.json: "))
        << json;
  }
  const ModelDirectory directory;
  directory.Write("special_tokens_map.json", R"({"eos_token": 1})");
  EXPECT_THAT(ReadTokenizerConfig(directory.path()).status().message(),
              HasSubstr("/special_tokens_map.json: eos_token"));
}

}  // namespace
}  // namespace parley
