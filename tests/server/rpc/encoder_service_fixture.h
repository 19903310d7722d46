// EmbeddingService on the loopback, with fake models.
#ifndef PARLEY_TESTS_SERVER_RPC_ENCODER_SERVICE_FIXTURE_H_
#define PARLEY_TESTS_SERVER_RPC_ENCODER_SERVICE_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/batching/runner.h"
#include "server/rpc/embedding_service.h"
#include "tests/server/fake_encoder.h"
#include "tests/server/rpc/fake_directory.h"
#include "tests/server/rpc/grpc_fixture.h"

namespace parley {

// "encoder" has three labels, "ranker" one, "fake" translates.
class EncoderServiceTest : public ::testing::Test {
 protected:
  EncoderServiceTest() {
    directory_.models = {
        Serve("encoder", MakeFakeEncoder(control_), {.max_tasks = 2000}),
        Serve("ranker", MakeFakeEncoder(control_, {"relevant"}), {}),
        MakeServedModel("fake", control_, {})};
    for (const auto& model : directory_.models) runner_->Add(model);
  }

  ~EncoderServiceTest() override {
    control_->Hold(false);
    runner_->Stop(absl::InfinitePast());
  }

  static v1::EmbedRequest Request(std::vector<std::string> texts) {
    v1::EmbedRequest request;
    request.set_model("encoder");
    for (std::string& text : texts) request.add_texts(std::move(text));
    return request;
  }

  const std::shared_ptr<FakeEngineControl> control_ =
      std::make_shared<FakeEngineControl>();
  FakeDirectory directory_;
  CallGate gate_{{.max_bytes = 1 << 20}};
  const CallEnvironment environment_ = {
      .models = &directory_,
      .gate = &gate_,
      .limits = {.max_texts_per_request = 1024, .max_response_bytes = 100'000}};
  EmbeddingService service_{environment_};
  std::unique_ptr<Runner> runner_ = Runner::Create({});
  LoopbackServer server_{&service_};
  std::unique_ptr<v1::EmbeddingService::Stub> stub_ =
      v1::EmbeddingService::NewStub(server_.channel());
};

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_RPC_ENCODER_SERVICE_FIXTURE_H_
