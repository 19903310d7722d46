#include "client/encoder_flags.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace parley::client {
namespace {

absl::Status Parse(EmbedFlags* values, const std::vector<std::string>& args) {
  std::vector<Flag> flags;
  AppendEmbedFlags(values, &flags);
  return ParseFlags(flags, args).status();
}

TEST(EmbedFlags, WhatIsNotGivenIsNotSet) {
  EmbedFlags values;
  ASSERT_TRUE(Parse(&values, {}).ok());
  v1::EmbedOptions bare;
  bare.mutable_limits();
  EXPECT_EQ(values.ToOptions().SerializeAsString(), bare.SerializeAsString());
}

TEST(EmbedFlags, AllReachTheMessage) {
  EmbedFlags values;
  // Values that are wrong go as they are: it is the server that judges them.
  ASSERT_TRUE(Parse(&values, {"--pooling=weighted_mean", "--nonormalize",
                              "--dimensions=-1", "--prompt_name=query",
                              "--max_tokens=0", "--truncation=refuse"})
                  .ok());
  const v1::EmbedOptions options = values.ToOptions();
  EXPECT_EQ(options.pooling(), v1::POOLING_WEIGHTED_MEAN);
  EXPECT_TRUE(options.has_normalize());
  EXPECT_FALSE(options.normalize());
  EXPECT_EQ(options.dimensions(), -1);
  EXPECT_EQ(options.prompt_name(), "query");
  EXPECT_TRUE(options.limits().has_max_tokens());
  EXPECT_EQ(options.limits().max_tokens(), 0);
  EXPECT_EQ(options.limits().truncation(), v1::TRUNCATION_REFUSE);
  EXPECT_EQ(values.Problem(), "");
}

TEST(EmbedFlags, AnEmptyPromptIsSent) {
  EmbedFlags values;
  ASSERT_TRUE(Parse(&values, {"--prompt="}).ok());
  EXPECT_EQ(values.ToOptions().prompt_choice_case(), v1::EmbedOptions::kPrompt);
  ASSERT_TRUE(Parse(&values, {"--prompt_name=query"}).ok());
  EXPECT_EQ(values.Problem(), "takes --prompt or --prompt_name, not both");
}

TEST(EmbedFlags, UnknownWordsAreRefused) {
  EmbedFlags values;
  EXPECT_FALSE(Parse(&values, {"--pooling=median"}).ok());
  EXPECT_FALSE(Parse(&values, {"--truncation=middle"}).ok());
  EXPECT_FALSE(Parse(&values, {"--prompt=\xff"}).ok());
}

TEST(ScoreFlag, HasTwoWords) {
  int score = 0;
  const std::vector<Flag> flags = {ScoreFlag(&score)};
  ASSERT_TRUE(ParseFlags(flags, {"--score=raw"}).ok());
  EXPECT_EQ(score, v1::SCORE_FUNCTION_NONE);
  ASSERT_TRUE(ParseFlags(flags, {"--score=sigmoid"}).ok());
  EXPECT_EQ(score, v1::SCORE_FUNCTION_SIGMOID);
  EXPECT_FALSE(ParseFlags(flags, {"--score=softmax"}).ok());
}

TEST(LabelScoreFlag, KnowsSoftmaxToo) {
  int score = 0;
  const std::vector<Flag> flags = {LabelScoreFlag(&score)};
  ASSERT_TRUE(ParseFlags(flags, {"--score=softmax"}).ok());
  EXPECT_EQ(score, v1::SCORE_FUNCTION_SOFTMAX);
  ASSERT_TRUE(ParseFlags(flags, {"--score=raw"}).ok());
  EXPECT_EQ(score, v1::SCORE_FUNCTION_NONE);
}

}  // namespace
}  // namespace parley::client
