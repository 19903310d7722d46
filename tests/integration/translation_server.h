// A server process that translates, and calls to it, for tests over the wire.
#ifndef PARLEY_TESTS_INTEGRATION_TRANSLATION_SERVER_H_
#define PARLEY_TESTS_INTEGRATION_TRANSLATION_SERVER_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "parley/v1/model.grpc.pb.h"
#include "parley/v1/translation.grpc.pb.h"
#include "tests/eventually.h"
#include "tests/server/metrics/exposition.h"
#include "tests/server/metrics/http_get.h"
#include "tests/server/rpc/grpc_fixture.h"
#include "tests/server/rpc/health_of.h"
#include "tests/server/server_process.h"

namespace parley {

inline constexpr char kServeDemo[] = "--models=demo=models/demo";

// For a model named "demo", into German.
inline v1::TranslateRequest DemoRequest(std::vector<std::string> texts) {
  v1::TranslateRequest request;
  request.set_model("demo");
  request.set_target_language("de");
  for (std::string& text : texts) request.add_texts(std::move(text));
  return request;
}

class TranslationClient {
 public:
  using Stub = v1::TranslationService::Stub;

  struct Outcome {
    grpc::Status status;
    v1::TranslateResponse response;
  };

  explicit TranslationClient(const std::string& address)
      : channel_(ChannelTo(address)) {}

  Outcome Translate(const v1::TranslateRequest& request) const {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    Outcome outcome;
    outcome.status = stub_->Translate(&context, request, &outcome.response);
    return outcome;
  }

  v1::ListModelsResponse ListModels() const {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    v1::ListModelsResponse models;
    const grpc::Status status =
        v1::ModelService::NewStub(channel_)->ListModels(&context, {}, &models);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return models;
  }

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  Stub* stub() const { return stub_.get(); }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<Stub> stub_ = v1::TranslationService::NewStub(channel_);
};

// A call that goes on while the test does other things. It is on its way, in
// order with the channel's other calls, once constructed; destroyed, it is
// cancelled.
class StartedTranslation {
 public:
  StartedTranslation(TranslationClient::Stub* stub,
                     const v1::TranslateRequest& request)
      : request_(request) {
    SetLongDeadline(&context_);
    stub->async()->Translate(&context_, &request_, &response_,
                             [this](grpc::Status status) {
                               status_ = std::move(status);
                               ended_.Notify();
                             });
  }
  ~StartedTranslation() {
    context_.TryCancel();
    Wait();
  }

  const grpc::Status& Wait() {
    ended_.WaitForNotification();
    return status_;
  }
  const v1::TranslateResponse& response() const { return response_; }

 private:
  const v1::TranslateRequest request_;
  grpc::ClientContext context_;
  v1::TranslateResponse response_;
  grpc::Status status_;
  absl::Notification ended_;
};

// A server, its client and its metrics.
class TranslationServer {
 public:
  // `arguments` say what is served, and more.
  explicit TranslationServer(std::vector<std::string> arguments = {kServeDemo})
      : process_({.arguments = OnFreePorts(std::move(arguments))}) {
    address_ = process_.WaitUntilReady();
    EXPECT_NE(address_, "") << process_.err();
    client_ = std::make_unique<TranslationClient>(address_);
  }

  // Asks it to end, and expects that it does so well.
  void End() {
    process_.Signal(SIGTERM);
    EXPECT_EQ(process_.WaitForExit(), 0) << process_.err();
  }

  // Starts a call, and returns once the server has taken it in.
  std::unique_ptr<StartedTranslation> Start(
      const v1::TranslateRequest& request) {
    const double num_before = NumTasks(Scrape());
    auto call = std::make_unique<StartedTranslation>(client_->stub(), request);
    EXPECT_TRUE(Eventually([&] { return NumTasks(Scrape()) > num_before; }));
    return call;
  }

  // Expects that nothing is under way any more, be it after a moment: that a
  // client has left is heard of when it has.
  void ExpectIdle() {
    EXPECT_TRUE(Eventually([&] {
      const Exposition now = Scrape();
      return now.Sum("parley_requests_in_flight") == 0 &&
             now.Sum("parley_queue_tasks") == 0 &&
             now.Sum("parley_active_tasks") == 0;
    }));
  }

  Exposition Scrape() {
    return Exposition(HttpGet(process_.metrics_port(), "/metrics").body);
  }

  ServerProcess& process() { return process_; }
  TranslationClient& client() { return *client_; }
  const std::string& address() const { return address_; }

 private:
  static std::vector<std::string> OnFreePorts(
      std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--grpc_port=0", "--metrics_port=0"});
    return arguments;
  }

  // That have come in so far, whatever became of them.
  static double NumTasks(const Exposition& now) {
    return now.Sum("parley_queue_tasks") + now.Sum("parley_active_tasks") +
           now.Sum("parley_tasks_finished_total") +
           now.Sum("parley_tasks_dropped_total");
  }

  ServerProcess process_;
  std::string address_;
  std::unique_ptr<TranslationClient> client_;
};

}  // namespace parley

#endif  // PARLEY_TESTS_INTEGRATION_TRANSLATION_SERVER_H_
