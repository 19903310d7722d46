#include "engine/models/generation_config.h"

#include <fstream>
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/models/random_marian_directory.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Reads with these files; `generation` may be left out.
absl::StatusOr<GenerationConfig> Read(const std::string& config,
                                      std::optional<std::string> generation) {
  const std::string directory = TestDirectory("generation_config_test");
  if (generation.has_value()) {
    std::ofstream(directory + "/generation_config.json") << *generation;
  }
  auto file = JsonFile::Parse(config, directory + "/config.json");
  EXPECT_TRUE(file.ok()) << file.status();
  return ReadGenerationConfig(directory, *file);
}

TEST(GenerationConfigTest, ReadsEverything) {
  const auto config = Read("{}", R"({
    "num_beams": 6, "num_return_sequences": 2, "length_penalty": 0.6,
    "early_stopping": "never", "max_length": 128, "min_length": 5,
    "decoder_start_token_id": 58100, "eos_token_id": [0],
    "forced_eos_token_id": 0, "bad_words_ids": [[58100], [3, 4]],
    "renormalize_logits": true})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->num_beams, 6);
  EXPECT_EQ(config->num_return_sequences, 2);
  EXPECT_EQ(config->length_penalty, 0.6);
  EXPECT_EQ(config->early_stopping, "never");
  // Both lengths count the start token in transformers.
  EXPECT_EQ(config->max_new_tokens, 127);
  EXPECT_EQ(config->min_new_tokens, 4);
  EXPECT_EQ(config->decoder_start_token_id, 58100);
  EXPECT_EQ(config->eos_token_id, 0);
  EXPECT_EQ(config->forced_eos_token_id, 0);
  EXPECT_THAT(config->bad_words_ids,
              ElementsAre(ElementsAre(58100), ElementsAre(3, 4)));
  EXPECT_TRUE(config->renormalize_logits);
}

TEST(GenerationConfigTest, DefaultsAreThoseOfTransformers) {
  const auto config = Read("{}", R"({"decoder_start_token_id": 7})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->num_beams, 1);
  EXPECT_EQ(config->num_return_sequences, 1);
  EXPECT_EQ(config->length_penalty, 1.0);
  EXPECT_EQ(config->early_stopping, "false");
  EXPECT_EQ(config->max_new_tokens, 0);
  EXPECT_EQ(config->min_new_tokens, 0);
  EXPECT_EQ(config->forced_eos_token_id, -1);
  EXPECT_TRUE(config->bad_words_ids.empty());
  EXPECT_FALSE(config->renormalize_logits);
}

TEST(GenerationConfigTest, NewTokensGoBeforeLengths) {
  const auto config = Read("{}", R"({"decoder_start_token_id": 7,
      "max_length": 100, "max_new_tokens": 30, "min_length": 5,
      "min_new_tokens": 9})");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->max_new_tokens, 30);
  EXPECT_EQ(config->min_new_tokens, 9);
}

TEST(GenerationConfigTest, OlderCheckpointsHaveItInConfigJson) {
  const auto config = Read(
      R"({"num_beams": 4, "max_length": 512, "decoder_start_token_id": 9})",
      std::nullopt);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->num_beams, 4);
  EXPECT_EQ(config->max_new_tokens, 511);
  EXPECT_EQ(config->decoder_start_token_id, 9);
}

TEST(GenerationConfigTest, TakesTokensAndLengthFromConfigWhereTheyAreMissing) {
  const auto config = Read(
      R"({"num_beams": 4, "max_length": 512, "decoder_start_token_id": 9,
          "eos_token_id": 2})",
      R"({"length_penalty": 2.0})");
  ASSERT_TRUE(config.ok()) << config.status();
  // But not the search, as in transformers.
  EXPECT_EQ(config->num_beams, 1);
  EXPECT_EQ(config->length_penalty, 2.0);
  EXPECT_EQ(config->max_new_tokens, 511);
  EXPECT_EQ(config->decoder_start_token_id, 9);
  EXPECT_EQ(config->eos_token_id, 2);
}

struct Refused {
  const char* json;
  const char* message;
};

TEST(GenerationConfigTest, RefusesWhatIsMalformed) {
  const Refused rows[] = {
      {R"({"num_beams": 0})", "\"num_beams\" is 0, expected 1 to"},
      {R"({"early_stopping": "maybe"})", "\"early_stopping\" is \"maybe\""},
      {R"({"max_length": 1})", "\"max_length\" is 1"},
      {R"({"decoder_start_token_id": -1})", "is -1, not a token id"},
      {R"({"eos_token_id": [0, 1]})", "eos_token_id"},
      {R"({"decoder_start_token_id": 1, "bad_words_ids": [[]]})",
       "an empty list"},
      {R"({"decoder_start_token_id": 1, "bad_words_ids": [[-4]]})", "holds -4"},
      {R"({"decoder_start_token_id": 1, "bad_words_ids": [4]})",
       "bad_words_ids"},
      {"{}", "\"decoder_start_token_id\" is missing"},
  };
  for (const Refused& row : rows) {
    SCOPED_TRACE(row.json);
    const absl::Status status = Read("{}", row.json).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.message));
  }
}

TEST(GenerationConfigTest, RefusesWhatItDoesNotSupportByName) {
  const Refused rows[] = {
      {R"({"do_sample": true})", "\"do_sample\" is true"},
      {R"({"no_repeat_ngram_size": 3})", "\"no_repeat_ngram_size\" is 3"},
      {R"({"repetition_penalty": 1.2})", "\"repetition_penalty\" is 1.2"},
      {R"({"forced_bos_token_id": 5})", "\"forced_bos_token_id\" is set"},
  };
  for (const Refused& row : rows) {
    SCOPED_TRACE(row.json);
    const absl::Status status = Read("{}", row.json).status();
    EXPECT_TRUE(absl::IsUnimplemented(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.message));
  }
  EXPECT_TRUE(Read("{}", R"({"decoder_start_token_id": 1, "do_sample": false,
      "no_repeat_ngram_size": 0, "repetition_penalty": 1.0,
      "forced_bos_token_id": null})")
                  .ok());
}

}  // namespace
}  // namespace parley
