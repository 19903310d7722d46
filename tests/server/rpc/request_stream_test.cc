// The stream by itself: messages are texts, and the test answers them.
// embed_stream_test.cc and translate_batch_stream_test.cc have the methods.
#include "server/rpc/request_stream.h"

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/metrics/exposition.h"
#include "tests/server/rpc/wire/wire_fixture.h"

namespace parley {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

// What the methods of all streams have been asked and not answered.
struct Asked {
  absl::Mutex mutex;
  std::map<std::string, StreamedCall> waiting ABSL_GUARDED_BY(mutex);
  CallContext context ABSL_GUARDED_BY(mutex);  // Of the last.
};

// Keeps what it is asked; "now ..." is answered at once.
class HeldMethod final : public StreamMethod {
 public:
  HeldMethod(Asked* asked, bool in_order) : asked_(asked), wanted_(in_order) {}

  Method method() const override { return Method::kEmbedStream; }

  void Answer(const grpc::ByteBuffer& message, absl::Status admitted,
              StreamedCall call) override {
    in_order_ = wanted_;
    const std::string text =
        admitted.ok() ? ToText(message) : std::string(admitted.message());
    if (!admitted.ok() || text.starts_with("now")) {
      call.respond({.status = admitted, .bytes = ToBytes(text)});
      return;
    }
    absl::MutexLock lock(&asked_->mutex);
    asked_->context = call.context;
    asked_->waiting[text] = std::move(call);
  }

  bool in_order() const override { return in_order_; }

 private:
  Asked* const asked_;
  const bool wanted_;
  bool in_order_ = true;
};

class RequestStreamTest : public ::testing::Test {
 protected:
  // Until that is asked.
  void Wait(const std::string& text) {
    absl::MutexLock lock(&asked_.mutex);
    const auto is_there = [&] {
      asked_.mutex.AssertHeld();
      return asked_.waiting.count(text) > 0;
    };
    EXPECT_TRUE(asked_.mutex.AwaitWithTimeout(absl::Condition(&is_there),
                                              absl::Seconds(30)))
        << text;
  }
  void Answer(const std::string& text) {
    Wait(text);
    StreamedCall call;
    {
      absl::MutexLock lock(&asked_.mutex);
      call = std::move(asked_.waiting.extract(text).mapped());
    }
    call.respond({.bytes = ToBytes(text)});
  }

  bool Idle() { return gate_.WaitUntilEmpty(absl::Now() + absl::Seconds(30)); }

  CallGate gate_{{.max_bytes = 1000}};
  Metrics metrics_{"1"};
  const CallEnvironment environment_ = {.gate = &gate_,
                                        .reporting = {.metrics = &metrics_}};
  RequestStreamSet streams_;
  Asked asked_;
  TestService service_{[this](CallRouter* router) {
    for (const bool in_order : {true, false}) {
      router->AddStream("test", in_order ? "InOrder" : "AsDone",
                        [this, in_order](WireCall* call) {
                          StartRequestStream(
                              environment_, call,
                              std::make_unique<HeldMethod>(&asked_, in_order),
                              &streams_);
                        });
    }
  }};
  LoopbackServer server_{&service_};
  std::shared_ptr<grpc::Channel> channel_ = server_.channel();
};

TEST_F(RequestStreamTest, ResponsesComeInOrder) {
  TestCall stream(channel_, "InOrder");
  for (const char* text : {"a", "b", "c"}) stream.Write(text);
  for (const char* text : {"c", "b", "a"}) Answer(text);
  EXPECT_EQ(stream.Read(), "a");
  EXPECT_EQ(stream.Read(), "b");
  EXPECT_EQ(stream.Read(), "c");
  stream.WritesDone();
  EXPECT_EQ(stream.Read(), std::nullopt);
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::OK);
  EXPECT_TRUE(Idle());
}

TEST_F(RequestStreamTest, OrAsTheyAreDone) {
  TestCall stream(channel_, "AsDone");
  for (const char* text : {"a", "b", "c"}) stream.Write(text);
  for (const char* text : {"c", "a", "b"}) {
    Answer(text);
    EXPECT_EQ(stream.Read(), text);
  }
  stream.Write("now d");
  EXPECT_EQ(stream.Read(), "now d");
  stream.WritesDone();
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::OK);
  EXPECT_TRUE(Idle());
}

TEST_F(RequestStreamTest, RequestsThatWereTakenAreNotRefused) {
  TestCall stream(channel_, "InOrder");
  stream.Write("a");
  Wait("a");
  {
    absl::MutexLock lock(&asked_.mutex);
    EXPECT_FALSE(asked_.context.is_refusable);
    EXPECT_LT(asked_.context.deadline, absl::InfiniteFuture());
    EXPECT_TRUE(asked_.context.call_at);
  }
  Answer("a");
  EXPECT_EQ(stream.Read(), "a");
  stream.WritesDone();
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::OK);
}

TEST_F(RequestStreamTest, BytesAreGivenBackWithEachResponse) {
  TestCall stream(channel_, "AsDone");
  // The last one's bytes may still be on their way back when the next comes.
  const std::string small(300, 'x');
  for (int i = 0; i < 8; ++i) {
    stream.Write(small);
    Answer(small);
    EXPECT_EQ(stream.Read(), small);
  }
  const std::string large(600, 'x');
  stream.Write(large);
  stream.Write("y" + large);
  EXPECT_THAT(stream.Read(), Optional(HasSubstr("does not fit now")));
  Answer(large);
  EXPECT_EQ(stream.Read(), large);
  stream.WritesDone();
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::OK);
  EXPECT_TRUE(Idle());
  EXPECT_TRUE(gate_.Enter(1000).ok());  // All bytes have left.
  gate_.Leave(1000);
}

TEST_F(RequestStreamTest, WhatWasReadSurvivesAClosedGate) {
  TestCall stream(channel_, "AsDone");
  stream.Write("a");
  Wait("a");
  gate_.Close();
  stream.Write("b");  // Read between the gate's end and the streams'.
  Wait("b");
  streams_.StopAll();
  Answer("b");
  EXPECT_EQ(stream.Read(), "b");
  Answer("a");
  EXPECT_EQ(stream.Read(), "a");
  EXPECT_EQ(stream.Read(), std::nullopt);
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(Idle());
}

TEST_F(RequestStreamTest, ACancelledStreamSaysSoToItsMethod) {
  TestCall stream(channel_, "InOrder");
  stream.Write("a");
  stream.Write("b");
  Wait("b");
  stream.Cancel();
  EXPECT_EQ(stream.Finish().error_code(), grpc::StatusCode::CANCELLED);
  std::shared_ptr<const CancelFlag> cancel;
  {
    absl::MutexLock lock(&asked_.mutex);
    cancel = asked_.context.cancel;
  }
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (!cancel->cancelled() && absl::Now() < deadline) {
    absl::SleepFor(absl::Milliseconds(1));
  }
  EXPECT_TRUE(cancel->cancelled());
  EXPECT_FALSE(gate_.WaitUntilEmpty(absl::InfinitePast()));
  Answer("a");
  Answer("b");
  EXPECT_TRUE(Idle());
}

TEST_F(RequestStreamTest, WhyItWasCancelledIsKnownOnceItIs) {
  const absl::Time begin = absl::Now();
  TestCall stream(channel_, "InOrder", absl::Seconds(2));
  stream.Write("a");
  Wait("a");
  stream.Cancel();
  CallContext context;
  {
    absl::MutexLock lock(&asked_.mutex);
    context = asked_.context;
  }
  while (!context.cancel->cancelled()) absl::SleepFor(absl::Milliseconds(1));
  // CANCELLED, unless this took as long as the call may.
  const std::string code =
      absl::StatusCodeToString(WhyCancelled({.begin = begin,
                                             .deadline = context.deadline,
                                             .cancelled = absl::Now()})
                                   .code());
  // The answer comes when the deadline has passed.
  absl::SleepFor(context.deadline - absl::Now());
  Answer("a");
  EXPECT_TRUE(Idle());
  const Exposition told(metrics_.Text());
  EXPECT_EQ(told.Value("parley_streams_total",
                       {{"method", "EmbedStream"}, {"code", code}}),
            1);
  EXPECT_EQ(
      told.Value("parley_requests_total",
                 {{"method", "EmbedStream"}, {"code", code}, {"model", ""}}),
      1);
}

}  // namespace
}  // namespace parley
