#include "server/rpc/translate_stream.h"

#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "google/protobuf/util/message_differencer.h"
#include "tests/server/rpc/translation_service_fixture.h"

namespace parley {
namespace {

using ::testing::SizeIs;

class TranslateStreamTest : public TranslationServiceTest {
 protected:
  using Stream = grpc::ClientReader<v1::TranslateStreamResponse>;

  // What a stream told.
  struct Told {
    std::map<int, v1::TranslateDelta> texts;  // All of each text.
    int num_deltas = 0;
    v1::TranslateResponse response;
    grpc::Status status;
  };

  std::unique_ptr<Stream> Open(const v1::TranslateRequest& request) {
    SetTestDeadline(&context_);
    return stub_->TranslateStream(&context_, request);
  }

  static Told ReadAll(Stream& stream) {
    Told told;
    v1::TranslateStreamResponse event;
    while (stream.Read(&event)) {
      EXPECT_FALSE(told.response.has_timing()) << "told after the response";
      if (event.has_response()) {
        told.response = event.response();
        continue;
      }
      ++told.num_deltas;
      const v1::TranslateDelta& delta = event.delta();
      v1::TranslateDelta& whole = told.texts[delta.index()];
      EXPECT_FALSE(whole.is_last()) << "told after the last";
      whole.mutable_text()->append(delta.text());
      whole.mutable_token_ids()->MergeFrom(delta.token_ids());
      whole.set_is_last(delta.is_last());
    }
    told.status = stream.Finish();
    return told;
  }

  // All that was told is what the response says.
  static void ExpectConsistent(const Told& told) {
    ASSERT_TRUE(told.status.ok()) << told.status.error_message();
    ASSERT_THAT(told.texts, SizeIs(told.response.results_size()));
    for (const auto& [index, whole] : told.texts) {
      EXPECT_TRUE(whole.is_last()) << index;
      EXPECT_EQ(whole.text(),
                told.response.results(index).hypotheses(0).text());
    }
  }

  grpc::ClientContext context_;
};

TEST_F(TranslateStreamTest, TellsWordsBeforeTheyAreAll) {
  control_->Hold(true);
  control_->AllowTokens(12);
  const auto stream = Open(Request({"some words more"}));
  v1::TranslateStreamResponse event;
  std::string text;
  // A space is told once five characters have followed it.
  while (text.size() < 10) {
    ASSERT_TRUE(stream->Read(&event));
    ASSERT_TRUE(event.has_delta());
    EXPECT_FALSE(event.delta().is_last());
    text += event.delta().text();
  }
  EXPECT_EQ(text, "SOME WORDS");
  control_->Hold(false);
  Told told = ReadAll(*stream);
  text += told.texts[0].text();
  EXPECT_EQ(text, "SOME WORDS MORE");
  EXPECT_EQ(told.response.results(0).hypotheses(0).text(), text);
  EXPECT_TRUE(told.texts[0].is_last());
  EXPECT_TRUE(told.status.ok());
  EXPECT_TRUE(Idle());
}

TEST_F(TranslateStreamTest, EndsWithTheUnaryAnswer) {
  v1::TranslateRequest request =
      Request({"First one. And a second.", "", "\n", "other"});
  request.mutable_options()->set_num_hypotheses(2);
  request.mutable_options()->set_return_tokens(true);
  Told told = ReadAll(*Open(request));
  ExpectConsistent(told);
  for (const auto& [index, whole] : told.texts) {
    const v1::Hypothesis& best = told.response.results(index).hypotheses(0);
    EXPECT_EQ(std::vector(whole.token_ids().begin(), whole.token_ids().end()),
              std::vector(best.token_ids().begin(), best.token_ids().end()));
  }
  Outcome unary = Translate(request);
  unary.response.clear_timing();
  told.response.clear_timing();
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      unary.response, told.response));
}

TEST_F(TranslateStreamTest, TokensComeOnlyWhereAskedFor) {
  const Told told = ReadAll(*Open(Request({"abc"})));
  ExpectConsistent(told);
  EXPECT_THAT(told.texts.at(0).token_ids(), SizeIs(0));
}

TEST_F(TranslateStreamTest, BlankTextsAreToldAtOnce) {
  control_->Hold(true);
  const auto stream = Open(Request({" ", "abc"}));
  v1::TranslateStreamResponse event;
  ASSERT_TRUE(stream->Read(&event));
  EXPECT_EQ(event.delta().text(), " ");
  EXPECT_TRUE(event.delta().is_last());
  control_->Hold(false);
  EXPECT_TRUE(ReadAll(*stream).status.ok());
}

// A peer that reads nothing until all is done gets little more than the texts:
// most of what there was to tell has been put together.
TEST_F(TranslateStreamTest, ASlowReaderGetsLongerDeltas) {
  constexpr int kNumTexts = 20;
  constexpr int kNumTokens = 400;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // What flows unread stays at this.
  arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 4096);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  const auto stub = v1::TranslationService::NewStub(grpc::CreateCustomChannel(
      server_.address(), grpc::InsecureChannelCredentials(), arguments));
  control_->Hold(true);
  control_->AllowTokens(kNumTokens);
  SetTestDeadline(&context_);
  const auto stream = stub->TranslateStream(
      &context_,
      Request(std::vector<std::string>(kNumTexts, std::string(500, 'x'))));
  ASSERT_TRUE(control_->WaitForTold(int64_t{kNumTexts} * kNumTokens));
  control_->Hold(false);
  const Told told = ReadAll(*stream);
  ExpectConsistent(told);
  EXPECT_LT(told.num_deltas, kNumTexts * kNumTokens / 4);
  EXPECT_TRUE(Idle());
}

TEST_F(TranslateStreamTest, ACancelledStreamLeavesTheEngine) {
  control_->Hold(true);
  control_->AllowTokens(3);
  const auto stream = Open(Request({"abcdef", "ghi"}));
  v1::TranslateStreamResponse event;
  ASSERT_TRUE(stream->Read(&event));  // In the middle of it.
  ASSERT_TRUE(control_->WaitForTasks(2));
  context_.TryCancel();
  while (stream->Read(&event)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(control_->WaitForTasks(0));  // While it is still held.
  EXPECT_TRUE(Idle());
}

TEST_F(TranslateStreamTest, ALateStreamLeavesTheEngine) {
  control_->Hold(true);
  control_->AllowTokens(3);
  context_.set_deadline(std::chrono::system_clock::now() +
                        std::chrono::milliseconds(200));
  const auto stream = stub_->TranslateStream(&context_, Request({"abcdef"}));
  v1::TranslateStreamResponse event;
  while (stream->Read(&event)) {
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(control_->WaitForTasks(0));
  EXPECT_TRUE(Idle());
}

TEST_F(TranslateStreamTest, WhatIsWrongIsTheStatus) {
  v1::TranslateRequest request = Request({"a"});
  request.set_model("other");
  Told told = ReadAll(*Open(request));
  EXPECT_EQ(told.status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(told.num_deltas, 0);
  EXPECT_EQ(
      CallWithBytes(server_.channel(),
                    "/parley.v1.TranslationService/TranslateStream", "\xff\xff")
          .error_code(),
      grpc::StatusCode::INVALID_ARGUMENT);
  gate_.Close();
  grpc::ClientContext context;
  SetTestDeadline(&context);
  told = ReadAll(*stub_->TranslateStream(&context, Request({"a"})));
  EXPECT_EQ(told.status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Idle());
}

TEST_F(TranslateStreamTest, AnAcceptedStreamEndsWellOnceTheGateIsClosed) {
  control_->Hold(true);
  const auto stream = Open(Request({"abc"}));
  ASSERT_TRUE(control_->WaitForTasks(1));
  gate_.Close();
  control_->Hold(false);
  ExpectConsistent(ReadAll(*stream));
  EXPECT_TRUE(Idle());
}

TEST_F(TranslateStreamTest, CancelsRacingWithAnswersEndWell) {
  for (int i = 0; i < 100; ++i) {
    grpc::ClientContext context;
    SetTestDeadline(&context);
    const auto stream =
        stub_->TranslateStream(&context, Request({"some text", "more"}));
    v1::TranslateStreamResponse event;
    for (int k = 0; k < i % 4; ++k) stream->Read(&event);
    if (i % 2 == 0) std::this_thread::yield();
    context.TryCancel();
    stream->Finish();
  }
  EXPECT_TRUE(Idle());
}

// All methods decide alike; here over the wire, with a timer of gRPC's.
TEST_F(TranslateStreamTest, PartOfTheAnswerComesInTime) {
  control_->LimitTasks(1);
  control_->Hold(true);
  v1::TranslateRequest request = Request({"held", " "});
  request.mutable_call()->set_allow_partial(true);
  // A machine that is busy with other things may lose the race at times.
  Told told;
  for (int attempt = 0; attempt < 5; ++attempt) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(2));
    told = ReadAll(*stub_->TranslateStream(&context, request));
    if (told.status.error_code() != grpc::StatusCode::DEADLINE_EXCEEDED) break;
  }
  ASSERT_TRUE(told.status.ok()) << told.status.error_message();
  EXPECT_EQ(told.response.results(0).status().code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(told.response.results(1).hypotheses(0).text(), " ");
  EXPECT_TRUE(Idle());
}

}  // namespace
}  // namespace parley
