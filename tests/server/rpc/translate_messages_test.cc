#include "server/rpc/translate_messages.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(ToTranslateCallTest, UnsetFieldsStayUnset) {
  v1::TranslateRequest request;
  const auto call = ToTranslateCall(&request);
  ASSERT_TRUE(call.ok());
  EXPECT_TRUE(call->texts.empty());
  const TranslateOptions& options = call->options;
  EXPECT_EQ(options.num_beams, std::nullopt);
  EXPECT_EQ(options.num_hypotheses, std::nullopt);
  EXPECT_EQ(options.length_penalty, std::nullopt);
  EXPECT_EQ(options.max_new_tokens, std::nullopt);
  EXPECT_EQ(options.min_new_tokens, std::nullopt);
  EXPECT_EQ(options.early_stopping, std::nullopt);
  EXPECT_EQ(options.shortlist, std::nullopt);
  EXPECT_FALSE(options.do_sample);
  EXPECT_EQ(options.temperature, std::nullopt);
  EXPECT_EQ(options.top_k, std::nullopt);
  EXPECT_EQ(options.top_p, std::nullopt);
  EXPECT_EQ(options.seed, std::nullopt);
  EXPECT_EQ(options.split, SplitMode::kSentences);
  EXPECT_FALSE(options.return_tokens);
}

TEST(ToTranslateCallTest, TakesEveryField) {
  v1::TranslateRequest request;
  request.add_texts("one");
  request.add_texts("two");
  request.set_source_language("en");
  request.set_target_language("de");
  v1::TranslateOptions& proto = *request.mutable_options();
  proto.set_num_beams(0);
  proto.set_num_hypotheses(-2);
  proto.set_length_penalty(0.5);
  proto.set_max_new_tokens(7);
  proto.set_min_new_tokens(3);
  proto.set_early_stopping(v1::EARLY_STOPPING_NEVER);
  proto.set_shortlist(false);
  proto.set_do_sample(true);
  proto.set_temperature(0.5);
  proto.set_top_k(-3);
  proto.set_top_p(0.25);
  proto.set_seed(0);
  proto.set_split(v1::SPLIT_NONE);
  proto.set_return_tokens(true);
  const auto call = ToTranslateCall(&request);
  ASSERT_TRUE(call.ok());
  EXPECT_THAT(call->texts, ElementsAre("one", "two"));
  EXPECT_EQ(call->source_language, "en");
  EXPECT_EQ(call->target_language, "de");
  const TranslateOptions& options = call->options;
  EXPECT_EQ(options.num_beams, 0);
  EXPECT_EQ(options.num_hypotheses, -2);
  EXPECT_EQ(options.length_penalty, 0.5f);
  EXPECT_EQ(options.max_new_tokens, 7);
  EXPECT_EQ(options.min_new_tokens, 3);
  EXPECT_EQ(options.early_stopping, EarlyStopping::kNever);
  EXPECT_EQ(options.shortlist, false);
  EXPECT_TRUE(options.do_sample);
  EXPECT_EQ(options.temperature, 0.5f);
  EXPECT_EQ(options.top_k, -3);
  EXPECT_EQ(options.top_p, 0.25f);
  EXPECT_EQ(options.seed, 0u);
  EXPECT_EQ(options.split, SplitMode::kNone);
  EXPECT_TRUE(options.return_tokens);
}

TEST(ToTranslateCallTest, NamesAnEnumFieldWithAnUnknownValue) {
  v1::TranslateRequest request;
  request.mutable_options()->set_early_stopping(
      static_cast<v1::EarlyStopping>(17));
  absl::Status status = ToTranslateCall(&request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("options.early_stopping: 17"));

  request.mutable_options()->clear_early_stopping();
  request.mutable_options()->set_split(static_cast<v1::Split>(-1));
  status = ToTranslateCall(&request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("options.split: -1"));
}

TEST(ToTranslateResponseTest, FillsEveryField) {
  TranslateReply reply;
  reply.results.resize(2);
  reply.results[0].hypotheses.push_back(
      {.text = "Hallo",
       .score = -0.5,
       .log_prob = -1.5,
       .tokens = {"Hal", "lo", "</s>"},
       .token_ids = {5, 6, 0},
       .token_log_probs = {-0.5f, -0.75f, -0.25f},
       .finish_reason = FinishReason::kLength});
  reply.results[0].source_tokens = 4;
  reply.results[0].truncated = true;
  reply.results[1].status = absl::InvalidArgumentError("bad text");
  reply.timing = {.tokenize = absl::Milliseconds(1),
                  .queue = absl::Seconds(2) + absl::Nanoseconds(3),
                  .compute = absl::ZeroDuration()};
  const v1::TranslateResponse response =
      ToTranslateResponse(std::move(reply), "demo");
  EXPECT_EQ(response.model(), "demo");
  ASSERT_EQ(response.results_size(), 2);
  const v1::TranslateResult& first = response.results(0);
  EXPECT_EQ(first.status().code(), 0);
  EXPECT_EQ(first.source_tokens(), 4);
  EXPECT_TRUE(first.truncated());
  ASSERT_EQ(first.hypotheses_size(), 1);
  const v1::Hypothesis& hypothesis = first.hypotheses(0);
  EXPECT_EQ(hypothesis.text(), "Hallo");
  EXPECT_EQ(hypothesis.score(), -0.5);
  EXPECT_EQ(hypothesis.log_prob(), -1.5);
  EXPECT_THAT(hypothesis.tokens(), ElementsAre("Hal", "lo", "</s>"));
  EXPECT_THAT(hypothesis.token_ids(), ElementsAre(5, 6, 0));
  EXPECT_THAT(hypothesis.token_log_probs(), ElementsAre(-0.5f, -0.75f, -0.25f));
  EXPECT_EQ(hypothesis.finish_reason(), v1::FINISH_REASON_LENGTH);
  EXPECT_EQ(response.results(1).status().code(), 3);
  EXPECT_EQ(response.results(1).status().message(), "bad text");
  EXPECT_FALSE(response.results(1).truncated());
  EXPECT_EQ(response.timing().tokenize().nanos(), 1'000'000);
  EXPECT_EQ(response.timing().queue().seconds(), 2);
  EXPECT_EQ(response.timing().queue().nanos(), 3);
  EXPECT_EQ(response.timing().compute().seconds(), 0);
}

}  // namespace
}  // namespace parley
