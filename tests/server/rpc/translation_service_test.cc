#include "server/rpc/translation_service.h"

#include <future>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/rpc/message_parsing.h"
#include "tests/server/rpc/translation_service_fixture.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

constexpr char kMethod[] = "/parley.v1.TranslationService/Translate";

TEST_F(TranslationServiceTest, TranslatesInOrder) {
  const Outcome outcome = Translate(Request({"one", "", "three"}));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.response.model(), "fake");
  ASSERT_EQ(outcome.response.results_size(), 3);
  EXPECT_EQ(outcome.response.results(0).hypotheses(0).text(), "ONE");
  EXPECT_EQ(outcome.response.results(1).status().code(), 0);
  EXPECT_EQ(outcome.response.results(2).hypotheses(0).text(), "THREE");
  EXPECT_TRUE(outcome.response.has_timing());
}

TEST_F(TranslationServiceTest, ReturnsTokensWhereAsked) {
  v1::TranslateRequest request = Request({"a"});
  request.mutable_options()->set_return_tokens(true);
  request.mutable_options()->set_num_hypotheses(2);
  const Outcome outcome = Translate(request);
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  ASSERT_EQ(outcome.response.results(0).hypotheses_size(), 2);
  const v1::Hypothesis& first = outcome.response.results(0).hypotheses(0);
  ASSERT_EQ(first.token_ids_size(), 3);  // Language, "a", end.
  EXPECT_EQ(first.token_ids(1), 'a');
  EXPECT_EQ(first.tokens(2), "<256>");
  EXPECT_EQ(first.token_log_probs_size(), 3);
  EXPECT_GT(first.score(), outcome.response.results(0).hypotheses(1).score());
}

TEST_F(TranslationServiceTest, RefusesByNameWhatIsWrong) {
  const auto invalid = grpc::StatusCode::INVALID_ARGUMENT;
  v1::TranslateRequest request = Request({"a"});
  request.set_model("other");
  ExpectRefused(request, grpc::StatusCode::NOT_FOUND, "\"other\"");

  request = Request({"a"});
  request.set_target_language("xx");
  ExpectRefused(request, invalid, "xx");
  request = Request({"a"});
  request.set_source_language("xx");
  ExpectRefused(request, invalid, "xx");

  for (const int num_beams : {0, 1000, -1}) {
    request = Request({"a"});
    request.mutable_options()->set_num_beams(num_beams);
    ExpectRefused(request, invalid, "num_beams");
  }
  request = Request({"a"});
  request.mutable_options()->set_num_hypotheses(5);
  ExpectRefused(request, invalid, "num_hypotheses");
  for (const int limit : {0, -1, 513}) {
    request = Request({"a"});
    request.mutable_options()->set_max_new_tokens(limit);
    ExpectRefused(request, invalid, "max_new_tokens");
  }
  request = Request({"a"});
  request.mutable_options()->set_min_new_tokens(-1);
  ExpectRefused(request, invalid, "min_new_tokens");
  request = Request({"a"});
  request.mutable_options()->set_length_penalty(
      std::numeric_limits<float>::quiet_NaN());
  ExpectRefused(request, invalid, "length_penalty");
  request = Request({"a"});
  request.mutable_options()->set_split(static_cast<v1::Split>(9));
  ExpectRefused(request, invalid, "options.split");
}

TEST_F(TranslationServiceTest, RefusesTooManyTexts) {
  ExpectRefused(Request(std::vector<std::string>(1025, "a")),
                grpc::StatusCode::INVALID_ARGUMENT, "1024");
  EXPECT_TRUE(
      Translate(Request(std::vector<std::string>(1024, "a"))).status.ok());
}

TEST_F(TranslationServiceTest, ALongEchoFitsTheClientsMetadata) {
  v1::TranslateRequest request = Request({"a"});
  // Each byte is three in a status on the wire.
  for (int i = 0; i < 10000; ++i) request.mutable_model()->append("ü");
  ExpectRefused(request, grpc::StatusCode::NOT_FOUND, "no model");
}

TEST_F(TranslationServiceTest, RefusesBytesThatAreNoRequest) {
  RouteProtobufLog();
  grpc::Status status =
      CallWithBytes(server_.channel(), kMethod, "\x12\x02\xc3\x28");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("TranslateRequest.texts"));
  status = CallWithBytes(server_.channel(), kMethod, "\xff\xff");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_TRUE(Translate(Request({"next"})).status.ok());
}

TEST_F(TranslationServiceTest, ACancelledCallLeavesTheEngine) {
  control_->Hold(true);
  grpc::ClientContext context;
  SetTestDeadline(&context);
  auto outcome = StartTranslate(&context, Request({"a", "b"}));
  ASSERT_TRUE(control_->WaitForTasks(2));
  context.TryCancel();
  EXPECT_EQ(outcome.get().status.error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(control_->WaitForTasks(0));  // While it is still held.
  EXPECT_TRUE(gate_.WaitUntilEmpty(absl::Now() + absl::Seconds(30)));
  control_->Hold(false);
  EXPECT_TRUE(Translate(Request({"next"})).status.ok());
}

TEST_F(TranslationServiceTest, ALateCallLeavesTheEngine) {
  control_->Hold(true);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::milliseconds(300));
  EXPECT_EQ(TranslateWith(&context, Request({"a"})).status.error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(control_->WaitForTasks(0));
  EXPECT_TRUE(gate_.WaitUntilEmpty(absl::Now() + absl::Seconds(30)));
}

TEST_F(TranslationServiceTest, AnswersRacingWithCancelsAreGivenOnce) {
  for (int i = 0; i < 200; ++i) {
    grpc::ClientContext context;
    SetTestDeadline(&context);
    auto outcome = StartTranslate(&context, Request({"a"}));
    if (i % 2 == 0) std::this_thread::yield();
    context.TryCancel();
    const grpc::StatusCode code = outcome.get().status.error_code();
    EXPECT_TRUE(code == grpc::StatusCode::OK ||
                code == grpc::StatusCode::CANCELLED)
        << code;
  }
  EXPECT_TRUE(gate_.WaitUntilEmpty(absl::Now() + absl::Seconds(30)));
}

TEST_F(TranslationServiceTest, AFullQueueRefusesAtOnce) {
  control_->Hold(true);
  control_->LimitTasks(1);
  const v1::TranslateRequest request =
      Request(std::vector<std::string>(1024, "a"));
  grpc::ClientContext context;
  SetTestDeadline(&context);
  auto first = StartTranslate(&context, request);
  ASSERT_TRUE(control_->WaitForTasks(1));
  // 1023 wait, of 2000 at most.
  EXPECT_EQ(Translate(request).status.error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  control_->LimitTasks(2000);
  control_->Hold(false);
  EXPECT_TRUE(first.get().status.ok());
  EXPECT_TRUE(Translate(request).status.ok());
}

TEST_F(TranslationServiceTest, BoundsTheBytesInside) {
  control_->Hold(true);
  grpc::ClientContext context;
  SetTestDeadline(&context);
  const std::string half(600'000, ' ');
  auto first = StartTranslate(&context, Request({"a", half}));
  ASSERT_TRUE(control_->WaitForTasks(1));
  EXPECT_EQ(Translate(Request({"a", half})).status.error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  control_->Hold(false);
  EXPECT_TRUE(first.get().status.ok());
  ASSERT_TRUE(gate_.WaitUntilEmpty(absl::Now() + absl::Seconds(30)));
  EXPECT_TRUE(Translate(Request({"a", half})).status.ok());
}

TEST_F(TranslationServiceTest, RefusesNewCallsOnceClosedAndAnswersOldOnes) {
  control_->Hold(true);
  grpc::ClientContext context;
  SetTestDeadline(&context);
  auto inside = StartTranslate(&context, Request({"a"}));
  ASSERT_TRUE(control_->WaitForTasks(1));
  gate_.Close();
  EXPECT_EQ(Translate(Request({"b"})).status.error_code(),
            grpc::StatusCode::UNAVAILABLE);
  EXPECT_FALSE(gate_.WaitUntilEmpty(absl::Now()));
  control_->Hold(false);
  const Outcome outcome = inside.get();
  EXPECT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.response.results(0).hypotheses(0).text(), "A");
  EXPECT_TRUE(gate_.WaitUntilEmpty(absl::Now() + absl::Seconds(30)));
}

}  // namespace
}  // namespace parley
