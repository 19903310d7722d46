#include "engine/tokenizer/classic_tokens.h"

#include <memory>
#include <utility>
#include <vector>

#include "engine/tokenizer/subword/unigram.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

std::unique_ptr<SubwordModel> Model() {
  return *CreateUnigram({.pieces = {{"<s>"}, {"</s>"}, {"a"}}, .unk_id = 0});
}

VocabularyAddition Addition(absl::string_view content) {
  VocabularyAddition token;
  token.content = std::string(content);
  return token;
}

TEST(ClassicTokensTest, GivesIdsOfTheModelOrNewOnes) {
  const auto model = Model();
  const EncoderTokenizerConfig config;
  ClassicTokens tokens(*model, 3, config);
  for (absl::string_view content : {"x", "</s>", "y", "x", "</s>"}) {
    tokens.Add(Addition(content));
  }
  const std::vector<VocabularyAddition> taken = tokens.Take();
  ASSERT_EQ(taken.size(), 3u);
  EXPECT_EQ(taken[0].content, "x");
  EXPECT_EQ(taken[0].id, 3);
  EXPECT_EQ(taken[1].content, "</s>");
  EXPECT_EQ(taken[1].id, 1);
  EXPECT_EQ(taken[2].content, "y");
  EXPECT_EQ(taken[2].id, 4);
}

TEST(ClassicTokensTest, AddsThoseOfTheConfig) {
  const auto model = Model();
  EncoderTokenizerConfig config;
  config.added_tokens = {Addition("listed")};
  VocabularyAddition mask = Addition("[M]");
  mask.rstrip = true;
  config.special_tokens.emplace("mask_token", mask);
  VocabularyAddition pad = Addition("[P]");
  pad.is_plain = true;
  config.special_tokens.emplace("pad_token", pad);

  ClassicTokens tokens(*model, 3, config);
  tokens.AddListed();
  const NamedToken named[] = {
      {"pad_token", "<pad>", /*normalized=*/true, /*lstrip=*/true},
      {"mask_token", "<mask>", /*normalized=*/true},
      {"sep_token", "</s>"},
  };
  tokens.AddNamed(named);
  const std::vector<VocabularyAddition> taken = tokens.Take();
  ASSERT_EQ(taken.size(), 4u);
  EXPECT_EQ(taken[0].content, "listed");
  // The text is the config's, the flags are not.
  EXPECT_EQ(taken[1].content, "[P]");
  EXPECT_TRUE(taken[1].normalized && taken[1].lstrip && taken[1].special);
  // Both are.
  EXPECT_EQ(taken[2].content, "[M]");
  EXPECT_TRUE(taken[2].rstrip && !taken[2].normalized);
  // Neither is.
  EXPECT_EQ(taken[3].content, "</s>");
  EXPECT_EQ(taken[3].id, 1);
  EXPECT_TRUE(taken[3].special && !taken[3].normalized && !taken[3].lstrip);
}

}  // namespace
}  // namespace parley
