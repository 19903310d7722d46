#include "server/rpc/embed_stream.h"

#include <thread>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/rpc/encoder_service_fixture.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

class EmbedStreamTest : public EncoderServiceTest {
 protected:
  using Stream =
      grpc::ClientReaderWriter<v1::EmbedRequest, v1::EmbedStreamResponse>;

  std::unique_ptr<Stream> Open() {
    SetTestDeadline(&context_);
    return stub_->EmbedStream(&context_);
  }

  // The first text's tokens tell the requests apart.
  static v1::EmbedRequest Numbered(int number) {
    return Request({std::string(number % 15, 'a')});
  }
  static void ExpectNumber(const v1::EmbedStreamResponse& response,
                           int number) {
    ASSERT_EQ(response.status().code(), 0) << response.status().message();
    ASSERT_EQ(response.response().results_size(), 1);
    EXPECT_EQ(response.response().results(0).tokens(), number % 15 + 2);
  }

  bool Idle() { return gate_.WaitUntilEmpty(absl::Now() + absl::Seconds(30)); }

  grpc::ClientContext context_;
};

TEST_F(EmbedStreamTest, AnswersInOrder) {
  constexpr int kNumRequests = 500;
  const auto stream = Open();
  std::thread writer([&stream] {
    for (int i = 0; i < kNumRequests; ++i) {
      EXPECT_TRUE(stream->Write(Numbered(i)));
    }
    stream->WritesDone();
  });
  v1::EmbedStreamResponse response;
  for (int i = 0; i < kNumRequests; ++i) {
    ASSERT_TRUE(stream->Read(&response)) << i;
    ExpectNumber(response, i);
  }
  EXPECT_FALSE(stream->Read(&response));
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(Idle());
}

TEST_F(EmbedStreamTest, EndsWithoutRequests) {
  const auto stream = Open();
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(Idle());
}

TEST_F(EmbedStreamTest, ABadRequestHasItsOwnStatus) {
  const auto stream = Open();
  v1::EmbedRequest bad = Request({"a"});
  bad.mutable_options()->set_dimensions(0);
  v1::EmbedRequest other = Request({"a"});
  other.set_model("fake");
  for (const v1::EmbedRequest& request :
       {Numbered(1), bad, other, Request({"F"}), Numbered(2)}) {
    ASSERT_TRUE(stream->Write(request));
  }
  stream->WritesDone();
  v1::EmbedStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  ExpectNumber(response, 1);
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.status().code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(response.status().message(), HasSubstr("options.dimensions"));
  EXPECT_FALSE(response.has_response());
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.status().code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_THAT(response.status().message(), HasSubstr("cannot EmbedStream"));
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.status().code(), 0);
  EXPECT_EQ(response.response().results(0).status().code(),
            grpc::StatusCode::INTERNAL);
  ASSERT_TRUE(stream->Read(&response));
  ExpectNumber(response, 2);
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_F(EmbedStreamTest, ReadsNoMoreThanItWorksOn) {
  control_->Hold(true);
  const auto stream = Open();
  std::thread writer([&stream] {
    for (int i = 0; i < 100; ++i) stream->Write(Numbered(i));
    stream->WritesDone();
  });
  EXPECT_TRUE(control_->WaitForTasks(kMaxStreamRequests));
  // Another stream is not held up, and gets there after all that was read.
  grpc::ClientContext context;
  SetTestDeadline(&context);
  const auto other = stub_->EmbedStream(&context);
  other->Write(Request({"a", "b"}));
  EXPECT_TRUE(control_->WaitForTasks(kMaxStreamRequests + 2));
  control_->Hold(false);
  v1::EmbedStreamResponse response;
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(stream->Read(&response)) << i;
    ExpectNumber(response, i);
  }
  writer.join();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(other->Read(&response));
  other->WritesDone();
  EXPECT_TRUE(other->Finish().ok());
}

TEST_F(EmbedStreamTest, ARequestThatDoesNotFitNowSaysSo) {
  ASSERT_TRUE(gate_.Enter((1 << 20) - 10).ok());
  const auto stream = Open();
  ASSERT_TRUE(stream->Write(Request({std::string(20, 'a')})));
  v1::EmbedStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.status().code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  gate_.Leave((1 << 20) - 10);
  ASSERT_TRUE(stream->Write(Numbered(3)));
  ASSERT_TRUE(stream->Read(&response));
  ExpectNumber(response, 3);
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_TRUE(Idle());
}

TEST_F(EmbedStreamTest, ACancelledStreamLeavesTheEngine) {
  control_->Hold(true);
  const auto stream = Open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(stream->Write(Numbered(i)));
  ASSERT_TRUE(control_->WaitForTasks(5));
  context_.TryCancel();
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_TRUE(control_->WaitForTasks(0));  // While it is still held.
  EXPECT_TRUE(Idle());
}

TEST_F(EmbedStreamTest, ALateStreamLeavesTheEngine) {
  control_->Hold(true);
  context_.set_deadline(std::chrono::system_clock::now() +
                        std::chrono::milliseconds(300));
  const auto stream = stub_->EmbedStream(&context_);
  stream->Write(Numbered(1));
  v1::EmbedStreamResponse response;
  while (stream->Read(&response)) {  // The server may be the first to know.
    EXPECT_EQ(response.status().code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  }
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_TRUE(control_->WaitForTasks(0));
  EXPECT_TRUE(Idle());
}

TEST_F(EmbedStreamTest, CancelsRacingWithAnswersEndWell) {
  for (int i = 0; i < 100; ++i) {
    grpc::ClientContext context;
    SetTestDeadline(&context);
    const auto stream = stub_->EmbedStream(&context);
    for (int k = 0; k < i % 20; ++k) stream->Write(Numbered(k));
    if (i % 2 == 0) std::this_thread::yield();
    if (i % 3 == 0) stream->WritesDone();
    context.TryCancel();
    stream->Finish();
  }
  EXPECT_TRUE(Idle());
}

TEST_F(EmbedStreamTest, AStoppedStreamAnswersWhatItHasTaken) {
  control_->Hold(true);
  const auto stream = Open();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(stream->Write(Numbered(i)));
  ASSERT_TRUE(control_->WaitForTasks(3));
  gate_.Close();
  service_.StopStreams();
  EXPECT_FALSE(gate_.WaitUntilEmpty(absl::Now()));
  control_->Hold(false);
  v1::EmbedStreamResponse response;
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(stream->Read(&response));
    ExpectNumber(response, i);
  }
  // The peer has not half-closed.
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Idle());
}

TEST_F(EmbedStreamTest, NoStreamOpensOnceClosed) {
  gate_.Close();
  service_.StopStreams();
  const auto stream = Open();
  v1::EmbedStreamResponse response;
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(EmbedStreamTest, AnIdleStreamEndsWhenStopped) {
  const auto stream = Open();
  ASSERT_TRUE(stream->Write(Numbered(1)));
  v1::EmbedStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  service_.StopStreams();
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Idle());
}

}  // namespace
}  // namespace parley
