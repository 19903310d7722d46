// How the real server ends: nothing that it accepted is lost, and its exit
// status says how it went.
#include <atomic>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "parley/v1/embedding.grpc.pb.h"
#include "tests/integration/demo_versions.h"
#include "tests/integration/soak_counts.h"
#include "tests/integration/tiny_models.h"
#include "tests/server/server_process.h"

namespace parley {
namespace {

using ::grpc::health::v1::HealthCheckResponse;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// As parley-server --help lists them.
constexpr int kDrainTimeout = 3;
constexpr int kSecondSignal = 4;

// Calls before the signal must be answered, later ones may be refused.
class DrainLoad {
 public:
  explicit DrainLoad(const std::string& address) : address_(address) {}

  void StartStream() {
    threads_.emplace_back([this] { RunStream(); });
  }
  void StartUnary() {
    threads_.emplace_back([this] { RunUnary(); });
  }

  // Whether each of them has had an answer.
  bool all_started() const {
    return num_started_ == static_cast<int>(threads_.size());
  }
  void SetSignalled() { signalled_ = true; }
  // Returns when the server has ended all of them.
  void Join() {
    for (std::thread& thread : threads_) thread.join();
  }
  int num_answers() const { return num_answers_; }

 private:
  static v1::EmbedRequest Request(int num_texts) {
    v1::EmbedRequest request;
    request.set_model("bert-classifier");
    for (int i = 0; i < num_texts; ++i) request.add_texts("a dog runs");
    return request;
  }

  void Answered(bool is_first) {
    ++num_answers_;
    if (is_first) ++num_started_;
  }

  void RunUnary() {
    const auto stub = v1::EmbeddingService::NewStub(ChannelTo(address_));
    for (bool is_first = true;; is_first = false) {
      const bool before_signal = !signalled_;
      grpc::ClientContext context;
      SetTestDeadline(&context);
      v1::EmbedResponse response;
      const grpc::Status status = stub->Embed(&context, Request(1), &response);
      if (!status.ok()) {
        EXPECT_FALSE(before_signal) << status.error_message();
        EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
            << status.error_message();
        return;
      }
      Answered(is_first);
    }
  }

  // Keeps a few requests on their way, of one to three texts, so that an answer
  // shows whose it is.
  void RunStream() {
    constexpr size_t kWindow = 3;
    const auto stub = v1::EmbeddingService::NewStub(ChannelTo(address_));
    grpc::ClientContext context;
    SetTestDeadline(&context);
    const auto stream = stub->EmbedStream(&context);
    struct Sent {
      int num_texts;
      bool before_signal;
    };
    std::deque<Sent> sent;
    bool writable = true;
    int num_sent = 0;
    for (int i = 0;; ++i) {
      while (writable && sent.size() < kWindow) {
        const Sent next = {1 + num_sent++ % 3, !signalled_};
        writable = stream->Write(Request(next.num_texts));
        if (writable) sent.push_back(next);
      }
      v1::EmbedStreamResponse response;
      if (!stream->Read(&response)) break;
      ASSERT_FALSE(sent.empty());
      const Sent asked = sent.front();
      sent.pop_front();
      if (response.status().code() != 0) {
        EXPECT_FALSE(asked.before_signal) << response.status().message();
        EXPECT_EQ(response.status().code(), grpc::StatusCode::UNAVAILABLE);
        continue;
      }
      EXPECT_EQ(response.response().results_size(), asked.num_texts);
      Answered(i == 0);
    }
    for (const Sent& lost : sent) EXPECT_FALSE(lost.before_signal);
    const grpc::Status status = stream->Finish();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
    EXPECT_THAT(status.error_message(), HasSubstr("going down"));
  }

  const std::string address_;
  std::atomic<bool> signalled_ = false;
  std::atomic<int> num_started_ = 0;
  std::atomic<int> num_answers_ = 0;
  std::vector<std::thread> threads_;
};

TEST(DrainTest, NoAcceptedCallIsLost) {
  const int num_rounds = SoakCount({.small = 2, .full = 100});
  const int num_streams = SoakCount({.small = 8, .full = 64});
  const TempFolder folder;
  const std::string model = TinyModelArgument("bert-classifier", folder);
  for (int round = 0; round < num_rounds; ++round) {
    ServerProcess server({.arguments = {"--models=" + model, "--grpc_port=0",
                                        "--drain_delay=1s"}});
    const std::string address = server.WaitUntilReady();
    ASSERT_NE(address, "") << server.err();
    DrainLoad load(address);
    for (int i = 0; i < num_streams; ++i) load.StartStream();
    for (int i = 0; i < 4; ++i) load.StartUnary();
    EXPECT_TRUE(Eventually([&] { return load.all_started(); }));
    load.SetSignalled();
    server.Signal(SIGTERM);
    load.Join();
    EXPECT_EQ(server.WaitForExit(), 0) << server.err();
    EXPECT_GT(load.num_answers(), num_streams);
  }
}

// A server with the demo model.
class EndTest : public ::testing::Test {
 protected:
  void Start(std::vector<std::string> arguments) {
    arguments.insert(
        arguments.end(),
        {"--models=demo=models/demo", "--grpc_port=0", "--max_queue_delay=1h"});
    server_ = std::make_unique<ServerProcess>(
        ServerProcess::Options{.arguments = std::move(arguments)});
    const std::string address = server_->WaitUntilReady();
    ASSERT_NE(address, "") << server_->err();
    channel_ = ChannelTo(address);
    stub_ = v1::TranslationService::NewStub(channel_);
  }

  std::unique_ptr<ServerProcess> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::TranslationService::Stub> stub_;
};

TEST_F(EndTest, CallsAreTakenWhileBalancersLearnOfTheEnd) {
  Start({"--drain_delay=1h"});
  HealthWatch health(channel_, "");
  HealthWatch liveness(channel_, "liveness");
  EXPECT_EQ(health.Next(), HealthCheckResponse::SERVING);
  EXPECT_EQ(liveness.Next(), HealthCheckResponse::SERVING);
  server_->Signal(SIGTERM);
  EXPECT_EQ(health.Next(), HealthCheckResponse::NOT_SERVING);
  EXPECT_TRUE(TranslateCaptions(stub_.get(), "demo").status.ok());
  HealthWatch still_alive(channel_, "liveness");
  EXPECT_EQ(still_alive.Next(), HealthCheckResponse::SERVING);
  server_->Signal(SIGTERM);
  EXPECT_EQ(server_->WaitForExit(), kSecondSignal);
  EXPECT_THAT(server_->err(), HasSubstr("a second signal"));
}

TEST_F(EndTest, TheStatusSaysThatCallsWereEnded) {
  Start({"--drain_delay=1s", "--drain_timeout=50ms"});
  v1::TranslateRequest request;
  request.set_target_language("de");
  request.mutable_options()->set_num_beams(32);
  for (int i = 0; i < 1024; ++i) request.add_texts("A man is riding a bike.");
  grpc::ClientContext context;
  SetTestDeadline(&context);
  grpc::CompletionQueue queue;
  v1::TranslateResponse response;
  grpc::Status status;
  const auto call = stub_->AsyncTranslate(&context, request, &queue);
  call->Finish(&response, &status, nullptr);
  server_->Signal(SIGTERM);  // Calls are taken for one second yet.
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
      << status.error_message();
  EXPECT_EQ(server_->WaitForExit(), kDrainTimeout) << server_->err();
  EXPECT_THAT(server_->err(), HasSubstr("still under way after 50ms"));
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
}

TEST(EndWhileLoadingTest, IsPromptAndOrderly) {
  const TempFolder folder;
  std::string models;
  for (int i = 10; i < 60; ++i) {
    const std::string name = absl::StrCat("m", i);
    absl::StrAppend(&models, models.empty() ? "" : ",", name, "=",
                    AddDemoVersion(folder, name, 4));
  }
  ServerProcess server({.arguments = {"--models=" + models, "--grpc_port=0",
                                      "--drain_delay=1h"}});
  EXPECT_TRUE(Eventually(
      [&] { return server.err().find("loading m10") != std::string::npos; }));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.WaitForExit(), 0) << server.err();
  EXPECT_THAT(server.err(), Not(HasSubstr("loading m59")));
  EXPECT_THAT(server.out(), IsEmpty());
}

}  // namespace
}  // namespace parley
