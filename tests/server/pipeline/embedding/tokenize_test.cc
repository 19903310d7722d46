#include "server/pipeline/embedding/tokenize.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/pipeline/embedding/encoder_fixture.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

// Without a runner's help: nothing of it goes through the queue.
class TokenizeTest : public EncoderTest {
 protected:
  TokenizeTest() { control_->Hold(true); }
};

TEST_F(TokenizeTest, ListsTokensOfAnyLength) {
  const auto reply =
      Run(&Tokenize,
          TokenizeCall{.items = {.texts = {"ab", std::string(100, 'a'), ""}}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_EQ(reply->results.at(0).tokens.size(), 4);
  EXPECT_EQ(reply->results[0].tokens[1].text, "a");
  EXPECT_EQ(reply->results.at(1).tokens.size(), 102);
  EXPECT_FALSE(reply->results[1].truncated);
  EXPECT_EQ(reply->results.at(2).tokens.size(), 2);
}

TEST_F(TokenizeTest, CutsWhereAsked) {
  const auto reply =
      Run(&Tokenize, TokenizeCall{.items = {.texts = {std::string(100, 'a')}},
                                  .limits = TokenLimits()});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->results.at(0).tokens.size(), 20);
  EXPECT_TRUE(reply->results[0].truncated);
}

TEST_F(TokenizeTest, LeavesSpecialTokensOutWhereAsked) {
  const auto reply =
      Run(&Tokenize,
          TokenizeCall{.items = {.pairs = {{.first = "a", .second = "b"}}},
                       .add_special_tokens = false});
  ASSERT_TRUE(reply.ok()) << reply.status();
  ASSERT_EQ(reply->results.at(0).tokens.size(), 2);
  EXPECT_EQ(reply->results[0].tokens[1].segment, 1);
}

TEST_F(TokenizeTest, AnItemsFaultIsItsOwn) {
  const auto reply =
      Run(&Tokenize, TokenizeCall{.items = {.texts = {"untokenizable", "a"}}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_TRUE(absl::IsInvalidArgument(reply->results.at(0).status));
  EXPECT_TRUE(reply->results.at(1).status.ok());
}

TEST_F(TokenizeTest, ChecksTheCall) {
  const auto refusal = [&](TokenizeCall call) {
    const absl::Status status = Run(&Tokenize, std::move(call)).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(refusal({.items = {.texts = {"a"}, .pairs = {{}}}}),
              HasSubstr("texts and pairs"));
  EXPECT_THAT(refusal({.limits = TokenLimits{.max_tokens = 2}}),
              HasSubstr("max_tokens"));
  EXPECT_THAT(refusal({.items = {.texts = {std::string(300, 'a')}}}),
              HasSubstr("bytes"));
}

TEST_F(TokenizeTest, DetokenizesWithAndWithoutSpecialTokens) {
  const TokenInput input = {
      .token_ids = {0, FakeEncoderTokenizer::kFirst + 'a', 1}};
  const auto without = Run(&Detokenize, DetokenizeCall{.inputs = {input, {}}});
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_EQ(without->results.at(0).text, "a");
  EXPECT_EQ(without->results.at(1).text, "");
  const auto with =
      Run(&Detokenize,
          DetokenizeCall{.inputs = {input}, .keep_special_tokens = true});
  EXPECT_EQ(with->results.at(0).text, "[CLS]a[SEP]");
}

TEST_F(TokenizeTest, AnIdOutsideTheVocabularyIsItsInputsFault) {
  const auto reply =
      Run(&Detokenize, DetokenizeCall{.inputs = {{.token_ids = {-1}},
                                                 {.token_ids = {266}},
                                                 {.token_ids = {265}}}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  for (int i = 0; i < 2; ++i) {
    EXPECT_TRUE(absl::IsInvalidArgument(reply->results.at(i).status));
    EXPECT_THAT(std::string(reply->results[i].status.message()),
                HasSubstr("0 to 265"));
  }
  EXPECT_TRUE(reply->results.at(2).status.ok());
}

TEST_F(TokenizeTest, DetokenizeChecksTheCall) {
  EXPECT_TRUE(absl::IsInvalidArgument(
      Run(&Detokenize, DetokenizeCall{.inputs = std::vector<TokenInput>(9)})
          .status()));
  limits_.max_response_bytes = 3;
  EXPECT_TRUE(absl::IsInvalidArgument(
      Run(&Detokenize,
          DetokenizeCall{
              .inputs = {{.token_ids = std::vector<TokenId>(4, 100)}}})
          .status()));
}

}  // namespace
}  // namespace parley
