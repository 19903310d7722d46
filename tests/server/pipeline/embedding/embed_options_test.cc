#include "server/pipeline/embedding/embed_options.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

EncoderInfo Info() {
  return {.embedding_dim = 16,
          .d_model = 8,
          .pooling = {Pooling::kCls, Pooling::kMean},
          .normalizes = true,
          .prompts = {{"query", "q: "}, {"passage", "p: "}},
          .default_prompt = "d: "};
}

void ExpectRefused(const EmbedOptions& options, const EncoderInfo& info,
                   const std::string& part) {
  const absl::Status status = ResolveEmbedOptions(options, info).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(part));
}

TEST(ResolveEmbedOptionsTest, UnsetIsTheModelsOwn) {
  const auto resolved = ResolveEmbedOptions({}, Info());
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->encode.output, EncoderOutput::kVector);
  EXPECT_THAT(resolved->encode.pooling,
              ElementsAre(Pooling::kCls, Pooling::kMean));
  EXPECT_EQ(resolved->shape.dimensions, 16);
  EXPECT_TRUE(resolved->shape.normalize);
  EXPECT_EQ(resolved->prompt, "d: ");
}

TEST(ResolveEmbedOptionsTest, WhatIsSetCounts) {
  const auto resolved = ResolveEmbedOptions(
      {.pooling = Pooling::kMax, .normalize = false, .prompt_name = "query"},
      Info());
  ASSERT_TRUE(resolved.ok());
  EXPECT_THAT(resolved->encode.pooling, ElementsAre(Pooling::kMax));
  EXPECT_EQ(resolved->shape.dimensions, 8);
  EXPECT_FALSE(resolved->shape.normalize);
  EXPECT_EQ(resolved->prompt, "q: ");
  EXPECT_EQ(ResolveEmbedOptions({.prompt = "own"}, Info())->prompt, "own");
  EXPECT_EQ(ResolveEmbedOptions({.prompt = ""}, Info())->prompt, "");
}

TEST(ResolveEmbedOptionsTest, ChecksDimensions) {
  for (const int dimensions : {-1, 0, 17}) {
    ExpectRefused({.dimensions = dimensions}, Info(), "from 1 to 16");
  }
  EXPECT_EQ(ResolveEmbedOptions({.dimensions = 1}, Info())->shape.dimensions,
            1);
  // Another pooling is another width.
  ExpectRefused({.pooling = Pooling::kMax, .dimensions = 9}, Info(),
                "from 1 to 8");
}

TEST(ResolveEmbedOptionsTest, ListsThePrompts) {
  ExpectRefused({.prompt_name = "other"}, Info(), "\"query\", \"passage\"");
  ExpectRefused({.prompt_name = "other"}, {.embedding_dim = 1, .d_model = 1},
                "it has none");
}

TEST(ResolveEmbedOptionsTest, RefusesAPromptThatIsNotUtf8) {
  ExpectRefused({.prompt = "\xff"}, Info(), "UTF-8");
}

TEST(ResolveEmbedOptionsTest, DenseLayersTakeTheirOwnWidth) {
  EncoderInfo info = Info();
  info.pools_any_width = false;
  ExpectRefused({.pooling = Pooling::kMax}, info, "options.pooling");
  EXPECT_TRUE(ResolveEmbedOptions({}, info).ok());
  info.pooling = {Pooling::kCls};
  info.embedding_dim = 5;
  const auto resolved = ResolveEmbedOptions({.pooling = Pooling::kMax}, info);
  ASSERT_TRUE(resolved.ok());
  EXPECT_EQ(resolved->shape.dimensions, 5);
}

}  // namespace
}  // namespace parley
