#include "engine/models/modern_bert_config.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

absl::StatusOr<ModernBertConfig> Read(const char* text, int num_layers = 4) {
  const auto file = JsonFile::Parse(text, "config.json");
  EXPECT_TRUE(file.ok()) << file.status();
  return ReadModernBertConfig(*file, num_layers);
}

TEST(ModernBertConfigTest, DefaultsOfItsClass) {
  const auto config = Read("{}", 5);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_THAT(config->is_global, ElementsAre(true, false, false, true, false));
  EXPECT_EQ(config->window, 64);
  EXPECT_EQ(config->global_rope_base, 160000);
  EXPECT_EQ(config->local_rope_base, 10000);
  EXPECT_FALSE(config->biases.norm);
  EXPECT_TRUE(config->biases.decoder);
  EXPECT_FALSE(config->classifier_takes_mean);
  EXPECT_EQ(config->head_activation, kernels::Activation::kGelu);
}

TEST(ModernBertConfigTest, OldAndNewKeysSayTheSame) {
  const auto old_keys = Read(R"({"global_attn_every_n_layers": 2,
      "global_rope_theta": 5000.0, "local_rope_theta": 700,
      "local_attention": 16})");
  const auto new_keys = Read(R"({"layer_types": ["full_attention",
      "sliding_attention", "full_attention", "sliding_attention"],
      "rope_parameters": {
        "full_attention": {"rope_type": "default", "rope_theta": 5000.0},
        "sliding_attention": {"rope_type": "default", "rope_theta": 700.0}},
      "local_attention": 16})");
  for (const auto& config : {old_keys, new_keys}) {
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_THAT(config->is_global, ElementsAre(true, false, true, false));
    EXPECT_EQ(config->global_rope_base, 5000);
    EXPECT_EQ(config->local_rope_base, 700);
    EXPECT_EQ(config->window, 8);
  }
}

TEST(ModernBertConfigTest, WhatIsWrongIsNamed) {
  struct Row {
    const char* text;
    const char* message;
  };
  constexpr Row kRows[] = {
      {R"({"layer_types": ["full_attention"]})", "one for each of 4 layers"},
      {R"({"layer_types": ["linear_attention"]})", "linear_attention"},
      {R"({"rope_scaling": {"factor": 2}})", "rope_scaling"},
      {R"({"rope_parameters": {"full_attention": {"rope_type": "yarn"}}})",
       "\"rope_type\" is \"yarn\""},
      {R"({"global_rope_theta": -1})", "expected 0 (excluded) to 1e12"},
      {R"({"classifier_pooling": "max"})", "expected \"cls\" or \"mean\""},
      {R"({"classifier_activation": "mish"})", "classifier_activation"},
      {R"({"local_attention": 1})", "local_attention"}};
  for (const Row& row : kRows) {
    const absl::Status status = Read(row.text).status();
    EXPECT_FALSE(status.ok()) << row.text;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.message));
  }
}

}  // namespace
}  // namespace parley
