// TranslationService on the loopback, with a fake model.
#ifndef PARLEY_TESTS_SERVER_RPC_TRANSLATION_SERVICE_FIXTURE_H_
#define PARLEY_TESTS_SERVER_RPC_TRANSLATION_SERVICE_FIXTURE_H_

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/batching/runner.h"
#include "server/rpc/translation_service.h"
#include "tests/server/rpc/fake_directory.h"
#include "tests/server/rpc/grpc_fixture.h"

namespace parley {

class TranslationServiceTest : public ::testing::Test {
 protected:
  struct Outcome {
    grpc::Status status;
    v1::TranslateResponse response;
  };

  TranslationServiceTest() {
    directory_.models.push_back(
        MakeServedModel("fake", control_, {.max_tasks = 2000}));
    runner_->Add(directory_.models[0]);
  }

  ~TranslationServiceTest() override {
    control_->Hold(false);
    runner_->Stop(absl::InfinitePast());
  }

  static v1::TranslateRequest Request(std::vector<std::string> texts) {
    v1::TranslateRequest request;
    request.set_model("fake");
    request.set_target_language("de");
    for (std::string& text : texts) request.add_texts(std::move(text));
    return request;
  }

  Outcome Translate(const v1::TranslateRequest& request) {
    grpc::ClientContext context;
    SetTestDeadline(&context);
    return TranslateWith(&context, request);
  }

  Outcome TranslateWith(grpc::ClientContext* context,
                        const v1::TranslateRequest& request) {
    Outcome outcome;
    outcome.status = stub_->Translate(context, request, &outcome.response);
    return outcome;
  }

  // A call on another thread.
  std::future<Outcome> StartTranslate(grpc::ClientContext* context,
                                      v1::TranslateRequest request) {
    return std::async(std::launch::async, [this, context, request] {
      return TranslateWith(context, request);
    });
  }

  // Expects that `request` is refused and that the next call is served.
  void ExpectRefused(const v1::TranslateRequest& request, grpc::StatusCode code,
                     const std::string& part) {
    const grpc::Status status = Translate(request).status;
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), ::testing::HasSubstr(part));
    EXPECT_TRUE(Translate(Request({"next"})).status.ok());
  }

  // Whether all calls have left the server.
  bool Idle() { return gate_.WaitUntilEmpty(absl::Now() + absl::Seconds(30)); }

  const std::shared_ptr<FakeEngineControl> control_ =
      std::make_shared<FakeEngineControl>();
  FakeDirectory directory_;
  CallGate gate_{{.max_bytes = 1 << 20}};
  TranslationService service_{{.models = &directory_,
                               .gate = &gate_,
                               .limits = {.max_texts_per_request = 1024}}};
  std::unique_ptr<Runner> runner_ = Runner::Create({});
  LoopbackServer server_{&service_};
  std::unique_ptr<v1::TranslationService::Stub> stub_ =
      v1::TranslationService::NewStub(server_.channel());
};

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_RPC_TRANSLATION_SERVICE_FIXTURE_H_
