#include "server/pipeline/embedding/fill_mask.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/pipeline/embedding/encoder_fixture.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

class FillMaskTest : public EncoderTest {};

TEST_F(FillMaskTest, FillsEachMask) {
  const auto reply =
      Run(&FillMask, FillMaskCall{.texts = {"a[MASK]b[MASK]"}, .top_k = 2});
  ASSERT_TRUE(reply.ok()) << reply.status();
  const FillMaskResult& result = reply->results.at(0);
  ASSERT_TRUE(result.status.ok()) << result.status;
  ASSERT_EQ(result.masks.size(), 2);
  EXPECT_EQ(result.masks[0].position, 2);
  EXPECT_EQ(result.masks[1].position, 4);
  ASSERT_EQ(result.masks[1].tokens.size(), 2);
  const FilledToken& second = result.masks[1].tokens[1];
  EXPECT_EQ(second.id, FakeEncoderTokenizer::kFirst + 'b');
  EXPECT_EQ(second.token, "b");
  EXPECT_EQ(second.text, "b");
  EXPECT_EQ(second.log_prob, -2);
  EXPECT_FLOAT_EQ(second.probability, std::exp(-2.0f));
  EXPECT_EQ(result.tokens, 6);
}

TEST_F(FillMaskTest, GivesFiveUnlessAsked) {
  EXPECT_EQ(Run(&FillMask, FillMaskCall{.texts = {"[MASK]"}})
                ->results.at(0)
                .masks.at(0)
                .tokens.size(),
            5);
  model_->info.vocab_size = 3;
  EXPECT_EQ(Run(&FillMask, FillMaskCall{.texts = {"[MASK]"}})
                ->results.at(0)
                .masks.at(0)
                .tokens.size(),
            3);
}

TEST_F(FillMaskTest, ATextWithoutAMaskIsItsOwnFault) {
  const auto reply =
      Run(&FillMask,
          FillMaskCall{
              .texts = {"a", "", std::string(19, 'a') + "[MASK]", "[MASK]"}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  for (int i = 0; i < 3; ++i) {
    const absl::Status& status = reply->results.at(i).status;
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << i;
    EXPECT_THAT(std::string(status.message()), HasSubstr("[MASK]"));
  }
  EXPECT_THAT(std::string(reply->results[2].status.message()),
              HasSubstr("which was cut"));
  EXPECT_TRUE(reply->results.at(3).status.ok());
}

TEST_F(FillMaskTest, ChecksTheCall) {
  for (const int top_k : {-1, 0, 101}) {
    const absl::Status status =
        Run(&FillMask, FillMaskCall{.texts = {"[MASK]"}, .top_k = top_k})
            .status();
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    EXPECT_THAT(std::string(status.message()), HasSubstr("from 1 to 100"));
  }
  limits_.max_response_bytes = 100;
  EXPECT_TRUE(absl::IsInvalidArgument(
      Run(&FillMask, FillMaskCall{.texts = {"[MASK]"}}).status()));
}

}  // namespace
}  // namespace parley
