#include "server/pipeline/embedding/next_sentence.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/pipeline/embedding/encoder_fixture.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NextSentenceTest : public EncoderTest {};

TEST_F(NextSentenceTest, GivesTheProbabilityOfFollowing) {
  // Logits [6, '\0'] of the pair's six tokens and its first byte.
  const std::string nul(1, '\0');
  const auto reply =
      Run(&NextSentence,
          NextSentenceCall{.pairs = {{.first = nul, .second = "bc"}}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  const NextSentenceResult& result = reply->results.at(0);
  ASSERT_TRUE(result.status.ok()) << result.status;
  EXPECT_THAT(result.logits, ElementsAre(6, 10));
  EXPECT_FLOAT_EQ(result.probability, 0.01798621f);
  EXPECT_EQ(result.tokens, 6);
}

TEST_F(NextSentenceTest, AnItemsFaultIsItsOwn) {
  const auto reply =
      Run(&NextSentence,
          NextSentenceCall{.pairs = {{.first = "a"},
                                     {.first = "N", .second = "b"},
                                     {.first = "a", .second = "b"}}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_TRUE(absl::IsInvalidArgument(reply->results.at(0).status));
  EXPECT_TRUE(absl::IsInternal(reply->results.at(1).status));
  EXPECT_THAT(reply->results[1].logits, IsEmpty());
  EXPECT_TRUE(reply->results.at(2).status.ok());
}

TEST_F(NextSentenceTest, ChecksTheCall) {
  EXPECT_TRUE(absl::IsInvalidArgument(
      Run(&NextSentence, NextSentenceCall{.pairs = std::vector<TextPair>(9)})
          .status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      Run(&NextSentence, NextSentenceCall{.limits = {.max_tokens = 3}})
          .status()));
}

}  // namespace
}  // namespace parley
