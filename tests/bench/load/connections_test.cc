#include "bench/load/connections.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "parley/v1/embedding.grpc.pb.h"
#include "parley/v1/translation.grpc.pb.h"

namespace parley::load {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);

// Answers by the first text: "wait" until the caller is gone, "fail" with
// NOT_FOUND, else each text with itself, repeated.
class FakeTranslation : public v1::TranslationService::Service {
 public:
  grpc::Status Translate(grpc::ServerContext* context,
                         const v1::TranslateRequest* request,
                         v1::TranslateResponse* response) override {
    if (request->texts(0) == "wait") {
      while (!context->IsCancelled()) absl::SleepFor(absl::Milliseconds(1));
      return grpc::Status::CANCELLED;
    }
    if (request->texts(0) == "fail") {
      return {grpc::StatusCode::NOT_FOUND, "no such thing"};
    }
    for (const std::string& text : request->texts()) {
      v1::TranslateResult& result = *response->add_results();
      result.set_source_tokens(static_cast<int>(text.size()));
      if (text == "bad") {
        result.mutable_status()->set_code(3);  // INVALID_ARGUMENT
      } else {
        result.add_hypotheses()->set_text(text);
      }
    }
    response->mutable_timing()->mutable_queue()->set_nanos(5);
    return grpc::Status::OK;
  }
};

class FakeEmbedding : public v1::EmbeddingService::Service {
 public:
  grpc::Status Embed(grpc::ServerContext*, const v1::EmbedRequest* request,
                     v1::EmbedResponse* response) override {
    for (const std::string& text : request->texts()) {
      v1::EmbedResult& result = *response->add_results();
      result.set_tokens(7);
      result.set_vector(text);
    }
    return grpc::Status::OK;
  }
};

// gRPC's own server, on a free port or one that was free before.
class FakeServer {
 public:
  explicit FakeServer(int port = 0) : port_(port) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address(), grpc::InsecureServerCredentials(),
                             &port_);
    builder.SetMaxReceiveMessageSize(-1);
    // Its threads look up that often whether it is to end.
    builder.SetSyncServerOption(grpc::ServerBuilder::CQ_TIMEOUT_MSEC, 50);
    builder.RegisterService(&translation_);
    builder.RegisterService(&embedding_);
    server_ = builder.BuildAndStart();
  }

  void Stop() { server_->Shutdown(std::chrono::system_clock::now()); }
  int port() const { return port_; }
  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  FakeTranslation translation_;
  FakeEmbedding embedding_;
  int port_;
  std::unique_ptr<grpc::Server> server_;
};

CallPlan Translate(const std::vector<std::string>& texts) {
  CallPlan plan;
  plan.translate.emplace();
  for (const std::string& text : texts) plan.translate->add_texts(text);
  return plan;
}

// One call, from its start until it is over.
class WaitedCall {
 public:
  WaitedCall(Connections& connections, const CallPlan& plan,
             absl::Duration timeout = kPatience)
      : call_(connections.Start(plan, absl::Now() + timeout,
                                [this](const Answer& answer) {
                                  answer_ = answer;
                                  is_over_.Notify();
                                })) {}

  void Cancel() { call_.Cancel(); }

  const Answer& Wait() {
    is_over_.WaitForNotification();
    return answer_;
  }

 private:
  absl::Notification is_over_;
  Answer answer_;
  ActiveCall call_;
};

TEST(ConnectionsTest, AnswersAreCounted) {
  FakeServer server;
  Connections connections(server.address(), 2);
  const Answer translated =
      WaitedCall(connections, Translate({"one", "three"})).Wait();
  EXPECT_EQ(translated.code, absl::StatusCode::kOk);
  EXPECT_EQ(translated.num_texts, 2);
  EXPECT_EQ(translated.num_source_tokens, 8);
  EXPECT_EQ(translated.queue_time, absl::Nanoseconds(5));
  CallPlan plan;
  plan.embed.emplace().add_texts("text");
  const Answer embedded = WaitedCall(connections, plan).Wait();
  EXPECT_EQ(embedded.code, absl::StatusCode::kOk);
  EXPECT_EQ(embedded.num_source_tokens, 7);
}

TEST(ConnectionsTest, ErrorsHaveTheirCodes) {
  FakeServer server;
  Connections connections(server.address(), 1);
  EXPECT_EQ(WaitedCall(connections, Translate({"fail"})).Wait().code,
            absl::StatusCode::kNotFound);
  const Answer partial =
      WaitedCall(connections, Translate({"good", "bad"})).Wait();
  EXPECT_EQ(partial.code, absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(partial.num_texts, 1);
}

TEST(ConnectionsTest, LargeMessagesGoThroughWhole) {
  FakeServer server;
  Connections connections(server.address(), 1);
  const std::string large(5'000'000, 'x');
  const Answer answer =
      WaitedCall(connections, Translate({large, large})).Wait();
  EXPECT_EQ(answer.code, absl::StatusCode::kOk);
  EXPECT_EQ(answer.num_source_tokens, 10'000'000);
}

TEST(ConnectionsTest, ACancelledCallIsOverAtOnce) {
  FakeServer server;
  Connections connections(server.address(), 1);
  WaitedCall call(connections, Translate({"wait"}));
  call.Cancel();
  EXPECT_EQ(call.Wait().code, absl::StatusCode::kCancelled);
  call.Cancel();  // Without effect.
  // The connection goes on.
  EXPECT_EQ(WaitedCall(connections, Translate({"text"})).Wait().num_texts, 1);
}

TEST(ConnectionsTest, ADeadlineEndsACall) {
  FakeServer server;
  Connections connections(server.address(), 1);
  EXPECT_EQ(WaitedCall(connections, Translate({"wait"}), absl::Milliseconds(30))
                .Wait()
                .code,
            absl::StatusCode::kDeadlineExceeded);
}

TEST(ConnectionsTest, NobodyListens) {
  int port = 0;
  {
    FakeServer server;
    port = server.port();
    server.Stop();
  }
  Connections connections(absl::StrCat("127.0.0.1:", port), 1);
  EXPECT_EQ(WaitedCall(connections, Translate({"text"})).Wait().code,
            absl::StatusCode::kUnavailable);
  Connections nowhere("nonsense", 1);
  EXPECT_EQ(WaitedCall(nowhere, Translate({"text"})).Wait().code,
            absl::StatusCode::kInvalidArgument);
}

TEST(ConnectionsTest, AServerThatEndsIsReplacedByTheNext) {
  auto server = std::make_unique<FakeServer>();
  const int port = server->port();
  Connections connections(server->address(), 1);
  EXPECT_EQ(WaitedCall(connections, Translate({"text"})).Wait().num_texts, 1);
  WaitedCall call(connections, Translate({"wait"}));
  server->Stop();
  const absl::StatusCode code = call.Wait().code;
  EXPECT_TRUE(code == absl::StatusCode::kUnavailable ||
              code == absl::StatusCode::kCancelled)
      << static_cast<int>(code);
  server.reset();
  server = std::make_unique<FakeServer>(port);
  EXPECT_EQ(WaitedCall(connections, Translate({"text"})).Wait().num_texts, 1);
}

TEST(ConnectionsTest, ManyCallsFromManyThreads) {
  FakeServer server;
  Connections connections(server.address(), 3);
  constexpr int kThreads = 4;
  constexpr int kCalls = 100;
  absl::BlockingCounter left(kThreads * kCalls);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < kCalls; ++i) {
        connections.Start(Translate({std::string(1 + i, 'x')}),
                          absl::Now() + kPatience,
                          [&left, i](const Answer& answer) {
                            EXPECT_EQ(answer.num_source_tokens, 1 + i);
                            left.DecrementCount();
                          });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  left.Wait();
}

}  // namespace
}  // namespace parley::load
