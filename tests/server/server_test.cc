#include "server/server.h"

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "parley/v1/embedding.grpc.pb.h"
#include "parley/v1/model.grpc.pb.h"
#include "parley/v1/translation.grpc.pb.h"
#include "tests/eventually.h"
#include "tests/server/fake_encoder.h"
#include "tests/server/rpc/grpc_fixture.h"
#include "tests/server/rpc/health_of.h"

namespace parley {
namespace {

using ::grpc::health::v1::Health;
using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using ::testing::AllOf;
using ::testing::HasSubstr;

const ModelSource kGood = {.name = "good", .directory = "good"};
const ModelSource kEncoder = {.name = "encoder", .directory = "encoder"};
const ModelSource kBroken = {.name = "broken", .directory = "broken"};

absl::Time Soon() { return absl::Now() + absl::Seconds(30); }

void Ignore(absl::string_view stage, double done) {}

class ServerTest : public ::testing::Test {
 protected:
  struct Outcome {
    grpc::Status status;
    v1::TranslateResponse response;
  };

  ~ServerTest() override { control_->Hold(false); }

  ModelLoader Loader() {
    return [control = control_](
               const std::string& directory, const LoadOptions&,
               const LoadProgress&) -> absl::StatusOr<LoadedModel> {
      if (directory == "broken") return absl::DataLossError("cut short");
      return directory == "encoder" ? MakeFakeEncoder(control)
                                    : MakeFakeModel(control);
    };
  }

  static ServerConfig FreePort() {
    ServerConfig config;
    config.grpc_port = 0;
    config.admin_port = ServerConfig::kNoPort;
    config.metrics_port = ServerConfig::kNoPort;
    return config;
  }

  void Start(const ServerConfig& config, std::vector<ModelSource> sources) {
    auto server = Server::Start(config, sources, Loader());
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    channel_ = ChannelTo(server_->address());
  }

  // Starts with kGood, loaded.
  void StartReady(const ServerConfig& config) {
    Start(config, {kGood});
    ASSERT_TRUE(server_->Load(kGood, Ignore).ok());
    server_->AnnounceReady();
  }

  int Health(const std::string& name) { return HealthOf(channel_, name); }

  Outcome Translate(const std::string& text, std::chrono::milliseconds timeout =
                                                 std::chrono::seconds(30)) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + timeout);
    v1::TranslateRequest request;
    request.set_target_language("de");
    request.add_texts(text);
    Outcome outcome;
    outcome.status = v1::TranslationService::NewStub(channel_)->Translate(
        &context, request, &outcome.response);
    return outcome;
  }

  std::future<Outcome> StartTranslate(const std::string& text) {
    return std::async(std::launch::async,
                      [this, text] { return Translate(text); });
  }

  const std::shared_ptr<FakeEngineControl> control_ =
      std::make_shared<FakeEngineControl>();
  std::unique_ptr<Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

TEST_F(ServerTest, HealthFollowsTheModels) {
  Start(FreePort(), {kBroken, kGood});
  EXPECT_EQ(Health(""), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Health("good"), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(server_->Load(kBroken, Ignore).ok());
  EXPECT_TRUE(server_->Load(kGood, Ignore).ok());
  EXPECT_EQ(Health("good"), HealthCheckResponse::SERVING);
  EXPECT_EQ(Health(""),
            HealthCheckResponse::NOT_SERVING);  // Not announced yet.
  server_->AnnounceReady();
  EXPECT_EQ(Health(""), HealthCheckResponse::SERVING);
  EXPECT_EQ(Health("broken"), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Health("parley.v1.TranslationService"),
            HealthCheckResponse::SERVING);
  EXPECT_EQ(Health("parley.v1.EmbeddingService"),
            HealthCheckResponse::NOT_SERVING);  // There is no model for it.
  EXPECT_EQ(Health("parley.v1.ModelService"), HealthCheckResponse::SERVING);
  EXPECT_EQ(Health("liveness"), HealthCheckResponse::SERVING);
  EXPECT_EQ(Health("other"), -1);
  EXPECT_EQ(server_->models()[0].state, ModelState::kFailed);
}

TEST_F(ServerTest, ServesWhatIsLoaded) {
  StartReady(FreePort());
  const Outcome outcome = Translate("hello");
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.response.results(0).hypotheses(0).text(), "HELLO");
  grpc::ClientContext context;
  SetTestDeadline(&context);
  v1::ListModelsResponse models;
  ASSERT_TRUE(v1::ModelService::NewStub(channel_)
                  ->ListModels(&context, {}, &models)
                  .ok());
  ASSERT_EQ(models.models_size(), 1);
  EXPECT_EQ(models.models(0).state(), v1::MODEL_STATE_READY);
  EXPECT_EQ(models.models(0).version(), "1");
  EXPECT_EQ(outcome.response.model_version(), "1");
}

TEST_F(ServerTest, TheAdminPortChangesWhatIsServed) {
  ServerConfig config = FreePort();
  config.admin_port = 0;
  StartReady(config);
  ASSERT_NE(server_->admin_address(), "");
  const auto admin =
      v1::ModelService::NewStub(ChannelTo(server_->admin_address()));
  grpc::ClientContext contexts[5];
  for (auto& context : contexts) SetTestDeadline(&context);
  v1::LoadModelRequest load;
  load.set_model("encoder");
  load.set_directory("encoder");
  v1::Model model;
  grpc::Status status = admin->LoadModel(&contexts[0], load, &model);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(model.version(), "1");
  // Health is the first to know.
  EXPECT_EQ(Health("encoder"), HealthCheckResponse::SERVING);
  EXPECT_EQ(Health("parley.v1.EmbeddingService"), HealthCheckResponse::SERVING);
  v1::ReloadModelRequest reload;
  reload.set_model("good");
  ASSERT_TRUE(admin->ReloadModel(&contexts[1], reload, &model).ok());
  EXPECT_EQ(model.version(), "2");
  EXPECT_EQ(Translate("a").response.model_version(), "2");
  reload.set_directory("broken");
  EXPECT_EQ(admin->ReloadModel(&contexts[2], reload, &model).error_code(),
            grpc::StatusCode::DATA_LOSS);
  EXPECT_EQ(Translate("a").response.model_version(), "2");
  EXPECT_EQ(Health("good"), HealthCheckResponse::SERVING);
  v1::UnloadModelRequest unload;
  unload.set_model("encoder");
  v1::UnloadModelResponse unloaded;
  ASSERT_TRUE(admin->UnloadModel(&contexts[3], unload, &unloaded).ok());
  EXPECT_EQ(Health("encoder"), -1);
  EXPECT_EQ(Health("parley.v1.EmbeddingService"),
            HealthCheckResponse::NOT_SERVING);
  // The public port says where to go.
  status = v1::ModelService::NewStub(channel_)->UnloadModel(&contexts[4],
                                                            unload, &unloaded);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(status.error_message(), HasSubstr(server_->admin_address()));
}

TEST_F(ServerTest, AnAdminPortInUseMatters) {
  ServerConfig config = FreePort();
  config.admin_port = 0;
  StartReady(config);
  const std::string& taken = server_->admin_address();
  config.admin_port = std::stoi(taken.substr(taken.rfind(':') + 1));
  config.needs_admin_port = true;
  const absl::Status status = Server::Start(config, {}, Loader()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("the admin port"));
  // Where nobody asked for it, the server does without.
  config.needs_admin_port = false;
  const auto without = Server::Start(config, {}, Loader());
  ASSERT_TRUE(without.ok()) << without.status();
  EXPECT_EQ((*without)->admin_address(), "");
}

TEST_F(ServerTest, CallsAreTakenUntilTheDrain) {
  StartReady(FreePort());
  server_->StopReadiness();
  EXPECT_EQ(Health(""), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Health("good"), HealthCheckResponse::NOT_SERVING);
  EXPECT_EQ(Health("liveness"), HealthCheckResponse::SERVING);
  EXPECT_TRUE(Translate("a").status.ok());
  EXPECT_TRUE(server_->Drain(Soon()));
  EXPECT_EQ(Translate("a").status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ServerTest, AnEmptyNameMeansTheModelOfTheRightKind) {
  Start(FreePort(), {kGood, kEncoder});
  ASSERT_TRUE(server_->Load(kGood, Ignore).ok());
  ASSERT_TRUE(server_->Load(kEncoder, Ignore).ok());
  server_->AnnounceReady();
  EXPECT_EQ(Translate("hello").response.model(), "good");
  grpc::ClientContext context;
  SetTestDeadline(&context);
  v1::EmbedRequest request;
  request.add_texts("hello");
  v1::EmbedResponse response;
  const grpc::Status status = v1::EmbeddingService::NewStub(channel_)->Embed(
      &context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.model(), "encoder");
  EXPECT_EQ(Health("parley.v1.EmbeddingService"), HealthCheckResponse::SERVING);
}

TEST_F(ServerTest, AModelThatIsStillLoadingIsUnavailable) {
  Start(FreePort(), {kGood});
  EXPECT_EQ(Translate("a").status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ServerTest, ALostEngineIsNotServed) {
  StartReady(FreePort());
  control_->LoseEngine();
  const Outcome outcome = Translate("a");
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.response.results(0).status().code(),
            grpc::StatusCode::INTERNAL);
  EXPECT_EQ(Translate("a").status.error_code(),
            grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_TRUE(Eventually(
      [&] { return Health("") == HealthCheckResponse::NOT_SERVING; }));
  EXPECT_EQ(Health("good"), HealthCheckResponse::NOT_SERVING);
}

TEST_F(ServerTest, NamesAPortInUse) {
  StartReady(FreePort());
  ServerConfig config = FreePort();
  config.grpc_port =
      std::stoi(server_->address().substr(server_->address().rfind(':') + 1));
  const absl::Status status = Server::Start(config, {kGood}, Loader()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr(absl::StrCat(config.grpc_port)), HasSubstr("in use")));
  EXPECT_TRUE(Translate("a").status.ok());
}

TEST_F(ServerTest, RefusesOneNameTwice) {
  const absl::Status status =
      Server::Start(FreePort(), {kGood, kGood}, Loader()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"good\""));
}

TEST_F(ServerTest, RefusesAMessageThatIsTooLarge) {
  ServerConfig config = FreePort();
  config.max_request_bytes = 1 << 20;
  StartReady(config);
  EXPECT_EQ(Translate(std::string(1 << 20, ' ')).status.error_code(),
            grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(Translate("a").status.ok());
}

TEST_F(ServerTest, ReflectionCanBeTurnedOff) {
  constexpr char kMethod[] =
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  ServerConfig config = FreePort();
  config.grpc_reflection = false;
  StartReady(config);
  // host = "", list_services = "".
  EXPECT_EQ(CallWithBytes(channel_, kMethod, "\x3a").error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  StartReady(FreePort());
  EXPECT_NE(CallWithBytes(channel_, kMethod, "\x3a").error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST_F(ServerTest, ADrainAnswersWhatIsInside) {
  StartReady(FreePort());
  control_->Hold(true);
  auto inside = StartTranslate("hello");
  ASSERT_TRUE(control_->WaitForTasks(1));
  grpc::ClientContext watch_context;
  SetTestDeadline(&watch_context);
  const auto watch =
      Health::NewStub(channel_)->Watch(&watch_context, HealthCheckRequest());
  HealthCheckResponse state;
  ASSERT_TRUE(watch->Read(&state));
  EXPECT_EQ(state.status(), HealthCheckResponse::SERVING);

  auto drained =
      std::async(std::launch::async, [this] { return server_->Drain(Soon()); });
  ASSERT_TRUE(watch->Read(&state));
  EXPECT_EQ(state.status(), HealthCheckResponse::NOT_SERVING);
  EXPECT_FALSE(watch->Read(&state));
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  // Health is the first to know, so a call may still get in, and wait.
  grpc::StatusCode late = grpc::StatusCode::OK;
  while (late != grpc::StatusCode::UNAVAILABLE) {
    late =
        Translate("late", std::chrono::milliseconds(100)).status.error_code();
  }
  control_->Hold(false);
  const Outcome outcome = inside.get();
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(outcome.response.results(0).hypotheses(0).text(), "HELLO");
  EXPECT_TRUE(drained.get());
}

TEST_F(ServerTest, ADrainEndsWhatIsNotDoneInTime) {
  StartReady(FreePort());
  control_->Hold(true);
  auto inside = StartTranslate("hello");
  ASSERT_TRUE(control_->WaitForTasks(1));
  EXPECT_FALSE(server_->Drain(absl::Now() + absl::Milliseconds(50)));
  EXPECT_EQ(inside.get().status.error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ServerTest, ADrainEndsAStreamThatIsNotDoneInTime) {
  Start(FreePort(), {kEncoder});
  ASSERT_TRUE(server_->Load(kEncoder, Ignore).ok());
  control_->Hold(true);
  grpc::ClientContext context;
  SetTestDeadline(&context);
  const auto stub = v1::EmbeddingService::NewStub(channel_);
  const auto stream = stub->EmbedStream(&context);
  v1::EmbedRequest request;
  request.add_texts("hello");
  ASSERT_TRUE(stream->Write(request));
  ASSERT_TRUE(control_->WaitForTasks(1));
  EXPECT_FALSE(server_->Drain(absl::Now() + absl::Milliseconds(50)));
  v1::EmbedStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_EQ(response.status().code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_EQ(stream->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ServerTest, StreamsOfReflectionDoNotHoldADrain) {
  StartReady(FreePort());
  grpc::GenericStub stub(channel_);
  grpc::ClientContext context;
  SetTestDeadline(&context);
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareCall(
      &context,
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", &queue);
  int tag_value = 0;
  call->StartCall(&tag_value);
  void* tag = nullptr;
  bool ok = false;
  ASSERT_TRUE(queue.Next(&tag, &ok));
  // With infinite patience, it would be held for ever.
  EXPECT_TRUE(server_->Drain(absl::InfiniteFuture()));
  grpc::Status status;
  call->Finish(&status, &tag_value);
  ASSERT_TRUE(queue.Next(&tag, &ok));
  EXPECT_FALSE(status.ok());
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
}

}  // namespace
}  // namespace parley
