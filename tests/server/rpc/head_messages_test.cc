#include "server/rpc/head_messages.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kNoFunction = static_cast<v1::ScoreFunction>(8);

TEST(RerankMessagesTest, TakesEveryField) {
  v1::RerankRequest request;
  EXPECT_EQ(ToRerankCall(&request)->top_n, std::nullopt);
  EXPECT_EQ(ToRerankCall(&request)->score_function, std::nullopt);
  request.set_query("q");
  request.add_documents("d");
  request.set_top_n(0);
  request.set_score_function(v1::SCORE_FUNCTION_NONE);
  request.mutable_limits()->set_max_tokens(5);
  request.set_return_documents(true);
  const auto call = ToRerankCall(&request);
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->query, "q");
  EXPECT_THAT(call->documents, ElementsAre("d"));
  EXPECT_EQ(call->top_n, 0);
  EXPECT_EQ(call->score_function, ScoreFunction::kNone);
  EXPECT_EQ(call->limits.max_tokens, 5);
  EXPECT_TRUE(call->return_documents);
  request.set_score_function(kNoFunction);
  EXPECT_THAT(std::string(ToRerankCall(&request).status().message()),
              HasSubstr("score_function: 8"));
}

TEST(RerankMessagesTest, FillsEveryField) {
  const v1::RerankResponse response = ToRerankResponse(
      {.results = {{.index = 3,
                    .score = 0.5f,
                    .tokens = 9,
                    .truncated = true,
                    .document = "d"},
                   {.status = absl::InternalError("bad"), .index = 1}},
       .timing = {.compute = absl::Seconds(4)}},
      "m");
  EXPECT_EQ(response.model(), "m");
  EXPECT_EQ(response.timing().compute().seconds(), 4);
  EXPECT_EQ(response.results(0).index(), 3);
  EXPECT_EQ(response.results(0).score(), 0.5f);
  EXPECT_EQ(response.results(0).tokens(), 9);
  EXPECT_TRUE(response.results(0).truncated());
  EXPECT_EQ(response.results(0).document(), "d");
  EXPECT_EQ(response.results(1).status().code(), 13);
}

TEST(ClassifyMessagesTest, TakesEveryField) {
  v1::ClassifyRequest request;
  request.add_texts("a");
  request.add_pairs()->set_first("b");
  request.add_inputs()->add_token_ids(4);
  request.set_top_k(2);
  request.set_score_function(v1::SCORE_FUNCTION_SOFTMAX);
  request.mutable_limits()->set_truncation(v1::TRUNCATION_LEFT);
  const auto call = ToClassifyCall(&request);
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->items.size(), 3);
  EXPECT_EQ(call->top_k, 2);
  EXPECT_EQ(call->score_function, ScoreFunction::kSoftmax);
  EXPECT_EQ(call->limits.truncation, Truncation::kLeft);
  request.set_score_function(kNoFunction);
  EXPECT_TRUE(absl::IsInvalidArgument(ToClassifyCall(&request).status()));
}

TEST(ClassifyMessagesTest, FillsEveryField) {
  const v1::ClassifyResponse response = ToClassifyResponse(
      {.results = {{.labels = {{.label = "yes", .score = 0.75f, .index = 2}},
                    .tokens = 4}}},
      "m");
  const v1::LabelScore& label = response.results(0).labels(0);
  EXPECT_EQ(label.label(), "yes");
  EXPECT_EQ(label.score(), 0.75f);
  EXPECT_EQ(label.index(), 2);
  EXPECT_EQ(response.results(0).tokens(), 4);
}

TEST(FillMaskMessagesTest, TakesEveryField) {
  v1::FillMaskRequest request;
  request.add_texts("a");
  request.set_top_k(7);
  request.mutable_limits()->set_max_tokens(3);
  const auto call = ToFillMaskCall(&request);
  ASSERT_TRUE(call.ok());
  EXPECT_THAT(call->texts, ElementsAre("a"));
  EXPECT_EQ(call->top_k, 7);
  EXPECT_EQ(call->limits.max_tokens, 3);
}

TEST(FillMaskMessagesTest, FillsEveryField) {
  const v1::FillMaskResponse response = ToFillMaskResponse(
      {.results = {{.masks = {{.position = 3,
                               .tokens = {{.id = 9,
                                           .token = "##x",
                                           .text = "x",
                                           .probability = 0.25f,
                                           .log_prob = -1.4f}}}}}}},
      "m");
  const v1::FilledMask& mask = response.results(0).masks(0);
  EXPECT_EQ(mask.position(), 3);
  EXPECT_EQ(mask.tokens(0).id(), 9);
  EXPECT_EQ(mask.tokens(0).token(), "##x");
  EXPECT_EQ(mask.tokens(0).text(), "x");
  EXPECT_EQ(mask.tokens(0).probability(), 0.25f);
  EXPECT_EQ(mask.tokens(0).log_prob(), -1.4f);
}

TEST(NextSentenceMessagesTest, GoBothWays) {
  v1::NextSentenceRequest request;
  request.add_pairs()->set_second("b");
  request.mutable_limits()->set_max_tokens(6);
  const auto call = ToNextSentenceCall(&request);
  ASSERT_TRUE(call.ok());
  EXPECT_EQ(call->pairs.at(0).second, "b");
  EXPECT_EQ(call->limits.max_tokens, 6);

  const v1::NextSentenceResponse response = ToNextSentenceResponse(
      {.results = {{.probability = 0.25f, .logits = {1, 2}, .tokens = 8}}},
      "m");
  EXPECT_EQ(response.results(0).probability(), 0.25f);
  EXPECT_THAT(response.results(0).logits(), ElementsAre(1, 2));
  EXPECT_EQ(response.results(0).tokens(), 8);
}

}  // namespace
}  // namespace parley
