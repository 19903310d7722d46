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
      SetLongDeadline(&context);
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
    SetLongDeadline(&context);
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
    // The delay is what a call that was begun before the signal may take to get
    // there, with a machine as busy as this one.
    ServerProcess server({.arguments = {"--models=" + model, "--grpc_port=0",
                                        "--drain_delay=3s"}});
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

TEST(EndTest, CallsAreTakenWhileBalancersLearnOfTheEnd) {
  TranslationServer server({kServeDemo, "--drain_delay=1h"});
  const auto& channel = server.client().channel();
  HealthWatch health(channel, "");
  HealthWatch liveness(channel, "liveness");
  EXPECT_EQ(health.Next(), HealthCheckResponse::SERVING);
  EXPECT_EQ(liveness.Next(), HealthCheckResponse::SERVING);
  server.process().Signal(SIGTERM);
  EXPECT_EQ(health.Next(), HealthCheckResponse::NOT_SERVING);
  EXPECT_TRUE(TranslateCaptions(server.client(), "demo").status.ok());
  HealthWatch still_alive(channel, "liveness");
  EXPECT_EQ(still_alive.Next(), HealthCheckResponse::SERVING);
  server.process().Signal(SIGTERM);
  EXPECT_EQ(server.process().WaitForExit(), kSecondSignal);
  EXPECT_THAT(server.process().err(), HasSubstr("a second signal"));
}

TEST(EndTest, TheStatusSaysThatCallsWereEnded) {
  TranslationServer server({kServeDemo, "--drain_timeout=50ms"});
  v1::TranslateRequest request =
      DemoRequest(std::vector<std::string>(1024, "A man is riding a bike."));
  request.mutable_options()->set_num_beams(32);
  const auto call = server.Start(request);
  server.process().Signal(SIGTERM);
  const grpc::Status& status = call->Wait();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE)
      << status.error_message();
  EXPECT_EQ(server.process().WaitForExit(), kDrainTimeout)
      << server.process().err();
  EXPECT_THAT(server.process().err(), HasSubstr("still under way after 50ms"));
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
  EXPECT_TRUE(server.WaitForErr("loading m10"));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.WaitForExit(), 0) << server.err();
  EXPECT_THAT(server.err(), Not(HasSubstr("loading m59")));
  EXPECT_THAT(server.out(), IsEmpty());
}

}  // namespace
}  // namespace parley
