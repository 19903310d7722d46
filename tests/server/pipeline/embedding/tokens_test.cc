#include "server/pipeline/embedding/tokens.h"

#include "gtest/gtest.h"
#include "tests/server/fake_encoder.h"

namespace parley {
namespace {

TEST(ListTokensTest, ShowsEachToken) {
  const FakeEncoderTokenizer tokenizer;
  const auto first = tokenizer.Tokenize("a");
  const auto second = tokenizer.Tokenize("bc");
  const auto input = tokenizer.Assemble(*first, &*second, {});
  ASSERT_TRUE(input.ok());
  const std::vector<TextToken> tokens = ListTokens(*input, tokenizer);
  ASSERT_EQ(tokens.size(), 6);
  EXPECT_EQ(tokens[0].text, "[CLS]");
  EXPECT_TRUE(tokens[0].special);
  EXPECT_EQ(tokens[0].range.begin, tokens[0].range.end);
  EXPECT_EQ(tokens[4].id, FakeEncoderTokenizer::kFirst + 'c');
  EXPECT_EQ(tokens[4].text, "c");
  EXPECT_FALSE(tokens[4].special);
  EXPECT_EQ(tokens[4].range.begin, 1);
  EXPECT_EQ(tokens[4].range.end, 2);
  EXPECT_EQ(tokens[4].segment, 1);
}

}  // namespace
}  // namespace parley
