#include "server/pipeline/embedding/classify.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/pipeline/embedding/encoder_fixture.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

// Logits fall by one from each label to the next.
class ClassifyTest : public EncoderTest {
 protected:
  ClassifyResult One(ClassifyCall call) {
    const auto reply = Run(&Classify, std::move(call));
    EXPECT_TRUE(reply.ok()) << reply.status();
    return reply.ok() ? reply->results.at(0) : ClassifyResult();
  }
};

TEST_F(ClassifyTest, GivesLabelsBestFirst) {
  const ClassifyResult result = One({.items = {.texts = {"a"}}});
  ASSERT_TRUE(result.status.ok()) << result.status;
  ASSERT_EQ(result.labels.size(), 3);
  EXPECT_EQ(result.labels[0].label, "no");
  EXPECT_EQ(result.labels[0].index, 0);
  EXPECT_FLOAT_EQ(result.labels[0].score, 0.66524096f);
  EXPECT_EQ(result.labels[2].label, "yes");
  EXPECT_EQ(result.tokens, 3);
}

TEST_F(ClassifyTest, TopKBoundsTheLabels) {
  EXPECT_EQ(One({.items = {.texts = {"a"}}, .top_k = 2}).labels.size(), 2);
  EXPECT_EQ(One({.items = {.texts = {"a"}}, .top_k = 9}).labels.size(), 3);
}

TEST_F(ClassifyTest, TakesTheModelsFunctionUnlessAsked) {
  const float logit = FakeEncoderTokenizer::kFirst + 'a';
  info().is_regression = true;
  EXPECT_FLOAT_EQ(One({.items = {.texts = {"a"}}}).labels.at(0).score, logit);
  info().is_regression = false;
  info().has_independent_labels = true;
  EXPECT_FLOAT_EQ(One({.items = {.texts = {"a"}}}).labels.at(2).score, 1);
  EXPECT_FLOAT_EQ(
      One({.items = {.texts = {"a"}}, .score_function = ScoreFunction::kNone})
          .labels.at(2)
          .score,
      logit - 2);
}

TEST_F(ClassifyTest, TakesPairsAndInputs) {
  EXPECT_EQ(One({.items = {.pairs = {{.first = "a", .second = "b"}}}}).tokens,
            5);
  EXPECT_EQ(One({.items = {.inputs = {{.token_ids = {1, 2}}}}}).tokens, 2);
}

TEST_F(ClassifyTest, AnItemsFaultIsItsOwn) {
  const auto reply =
      Run(&Classify, ClassifyCall{.items = {.texts = {"N", "F", "a"}}});
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_TRUE(absl::IsInternal(reply->results.at(0).status));
  EXPECT_TRUE(reply->results[0].labels.empty());
  EXPECT_TRUE(absl::IsInternal(reply->results.at(1).status));
  EXPECT_TRUE(reply->results.at(2).status.ok());
}

TEST_F(ClassifyTest, ChecksTheCall) {
  const auto refusal = [&](ClassifyCall call) {
    const absl::Status status = Run(&Classify, std::move(call)).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(refusal({.top_k = 0}), HasSubstr("top_k"));
  EXPECT_THAT(refusal({.items = {.texts = {"a"}, .pairs = {{}}}}),
              HasSubstr("texts and pairs"));
  limits_.max_response_bytes = 20;
  EXPECT_THAT(refusal({.items = {.texts = {"a"}}}), HasSubstr("bytes"));
}

}  // namespace
}  // namespace parley
