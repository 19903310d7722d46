#include "server/rpc/model_service.h"

#include <future>
#include <memory>
#include <utility>

#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/rpc/message_parsing.h"
#include "tests/server/fake_encoder.h"
#include "tests/server/rpc/fake_directory.h"
#include "tests/server/rpc/grpc_fixture.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Remembers what it is asked for, and answers at once.
class FakeAdmin final : public ModelAdmin {
 public:
  void Change(ModelChange change, Done done) override {
    last = std::move(change);
    done(answer);
  }

  ModelChange last;
  absl::StatusOr<ModelListing> answer = absl::UnknownError("not set");
};

class ModelServiceTest : public ::testing::Test {
 protected:
  ModelServiceTest() {
    directory_.unready = {
        {.name = "a", .state = ModelListing::State::kLoading},
        {.name = "b",
         .state = ModelListing::State::kFailed,
         .last_error = absl::DataLossError("/models/b: no weights")}};
    directory_.models.push_back(
        MakeServedModel("fake", std::make_shared<FakeEngineControl>(), {}));
  }

  FakeDirectory directory_;
  ModelService service_{&directory_,
                        {.max_texts_per_request = 99},
                        {.elsewhere = "ask at the back door"}};
  LoopbackServer server_{&service_};
  std::unique_ptr<v1::ModelService::Stub> stub_ =
      v1::ModelService::NewStub(server_.channel());
};

TEST_F(ModelServiceTest, ListsAllWithTheirStates) {
  grpc::ClientContext context;
  SetTestDeadline(&context);
  v1::ListModelsResponse response;
  ASSERT_TRUE(stub_->ListModels(&context, {}, &response).ok());
  ASSERT_EQ(response.models_size(), 3);
  EXPECT_EQ(response.models(0).name(), "a");
  EXPECT_EQ(response.models(0).state(), v1::MODEL_STATE_LOADING);
  EXPECT_EQ(response.models(1).name(), "b");
  EXPECT_EQ(response.models(1).state(), v1::MODEL_STATE_FAILED);
  // Everybody may read it here, so it names no files.
  EXPECT_EQ(response.models(1).last_error(),
            "DATA_LOSS: the server's log and its admin port say why");
  EXPECT_EQ(response.models(2).last_error(), "");
  EXPECT_EQ(response.models(2).name(), "fake");
  EXPECT_EQ(response.models(2).state(), v1::MODEL_STATE_READY);
}

TEST_F(ModelServiceTest, DescribesOne) {
  grpc::ClientContext context;
  SetTestDeadline(&context);
  v1::GetModelRequest request;
  request.set_model("fake");
  v1::Model model;
  ASSERT_TRUE(stub_->GetModel(&context, request, &model).ok());
  EXPECT_EQ(model.name(), "fake");
  EXPECT_EQ(model.display_name(), "Fake");
  EXPECT_EQ(model.kind(), v1::MODEL_KIND_TRANSLATION);
  EXPECT_EQ(model.architecture(), "FakeModel");
  EXPECT_EQ(model.num_parameters(), 42);
  EXPECT_EQ(model.compute_type(), "f32");
  ASSERT_EQ(model.language_pairs_size(), 2);
  EXPECT_EQ(model.language_pairs(1).source(), "nl");
  EXPECT_EQ(model.language_pairs(1).target(), "de");
  EXPECT_THAT(model.target_languages(), ElementsAre("de"));
  EXPECT_EQ(model.limits().max_source_tokens(), 512);
  EXPECT_EQ(model.limits().max_target_tokens(), 512);
  EXPECT_EQ(model.limits().max_texts_per_request(), 99);
  EXPECT_EQ(model.limits().max_beams(), 32);
  EXPECT_FALSE(model.has_encoder());
  EXPECT_FALSE(model.has_shortlist());
}

TEST_F(ModelServiceTest, SaysWhetherAShortlistIsUsed) {
  for (const bool used : {false, true}) {
    LoadedModel loaded = MakeFakeModel(std::make_shared<FakeEngineControl>());
    loaded.info.has_shortlist = true;
    loaded.info.uses_shortlist = used;
    const std::string name = used ? "used" : "unused";
    directory_.models.push_back(Serve(name, std::move(loaded), {}));
    grpc::ClientContext context;
    SetTestDeadline(&context);
    v1::GetModelRequest request;
    request.set_model(name);
    v1::Model model;
    ASSERT_TRUE(stub_->GetModel(&context, request, &model).ok());
    EXPECT_TRUE(model.has_shortlist());
    EXPECT_EQ(model.shortlist(), used);
  }
}

TEST_F(ModelServiceTest, DescribesAnEncoder) {
  LoadedModel loaded =
      MakeFakeEncoder(std::make_shared<FakeEngineControl>(), {"a", "b"});
  loaded.info.encoder.pooling = {Pooling::kCls, Pooling::kMeanSqrtLength};
  loaded.info.encoder.normalizes = true;
  loaded.info.encoder.similarity = SimilarityMeasure::kDot;
  directory_.models.push_back(Serve("encoder", std::move(loaded), {}));
  grpc::ClientContext context;
  SetTestDeadline(&context);
  v1::GetModelRequest request;
  request.set_model("encoder");
  v1::Model model;
  ASSERT_TRUE(stub_->GetModel(&context, request, &model).ok());
  EXPECT_EQ(model.kind(), v1::MODEL_KIND_ENCODER);
  EXPECT_EQ(model.limits().max_source_tokens(), 40);
  EXPECT_EQ(model.limits().max_beams(), 0);
  const v1::EncoderModel& encoder = model.encoder();
  EXPECT_THAT(encoder.methods(),
              ElementsAre("Embed", "EmbedTokens", "EmbedStream", "Similarity",
                          "Classify", "FillMask", "NextSentence", "Tokenize",
                          "Detokenize"));
  EXPECT_EQ(encoder.dimensions(), 4);
  EXPECT_EQ(encoder.num_layers(), 2);
  EXPECT_THAT(encoder.pooling(), ElementsAre("cls", "mean_sqrt_length"));
  EXPECT_TRUE(encoder.normalizes());
  EXPECT_EQ(encoder.max_tokens(), 20);
  EXPECT_EQ(encoder.prompts().at("query"), "q: ");
  EXPECT_THAT(encoder.labels(), ElementsAre("a", "b"));
  EXPECT_EQ(encoder.similarity(), "dot");
}

TEST_F(ModelServiceTest, AnswersAnUnknownNameWithTheNames) {
  grpc::ClientContext context;
  SetTestDeadline(&context);
  v1::GetModelRequest request;
  request.set_model("other");
  v1::Model model;
  const grpc::Status status = stub_->GetModel(&context, request, &model);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_THAT(status.error_message(), HasSubstr("\"other\""));
  EXPECT_THAT(status.error_message(), HasSubstr("a, b, fake"));
}

TEST_F(ModelServiceTest, ChangesAreRefusedWhereTheyAreNotAllowed) {
  v1::Model model;
  v1::UnloadModelResponse unloaded;
  grpc::ClientContext contexts[3];
  for (auto& context : contexts) SetTestDeadline(&context);
  for (const grpc::Status& status :
       {stub_->LoadModel(&contexts[0], {}, &model),
        stub_->ReloadModel(&contexts[1], {}, &model),
        stub_->UnloadModel(&contexts[2], {}, &unloaded)}) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(status.error_message(), "ask at the back door");
  }
}

class ModelServiceAdminTest : public ModelServiceTest {
 protected:
  FakeAdmin admin_;
  ModelService admin_service_{&directory_, {}, {.admin = &admin_}};
  LoopbackServer admin_server_{&admin_service_};
  std::unique_ptr<v1::ModelService::Stub> admin_stub_ =
      v1::ModelService::NewStub(admin_server_.channel());
};

TEST_F(ModelServiceAdminTest, ChangesAreMade) {
  admin_.answer = directory_.List().back();
  grpc::ClientContext contexts[3];
  for (auto& context : contexts) SetTestDeadline(&context);
  v1::LoadModelRequest load;
  load.set_model("fake");
  load.set_directory("/models/fake");
  load.set_compute_type("int8");
  v1::Model model;
  ASSERT_TRUE(admin_stub_->LoadModel(&contexts[0], load, &model).ok());
  EXPECT_EQ(model.architecture(), "FakeModel");
  EXPECT_EQ(admin_.last.kind, ModelChange::Kind::kLoad);
  EXPECT_EQ(admin_.last.name, "fake");
  EXPECT_EQ(admin_.last.directory, "/models/fake");
  EXPECT_EQ(admin_.last.compute_type, ComputeType::kInt8);

  v1::ReloadModelRequest reload;
  reload.set_model("fake");
  reload.set_directory("/models/other");
  ASSERT_TRUE(admin_stub_->ReloadModel(&contexts[1], reload, &model).ok());
  EXPECT_EQ(admin_.last.kind, ModelChange::Kind::kReload);
  EXPECT_EQ(admin_.last.directory, "/models/other");

  v1::UnloadModelRequest unload;
  unload.set_model("fake");
  v1::UnloadModelResponse unloaded;
  ASSERT_TRUE(admin_stub_->UnloadModel(&contexts[2], unload, &unloaded).ok());
  EXPECT_EQ(admin_.last.kind, ModelChange::Kind::kUnload);
  EXPECT_EQ(admin_.last.name, "fake");
}

TEST_F(ModelServiceAdminTest, SaysWhyAModelFailed) {
  grpc::ClientContext context;
  SetTestDeadline(&context);
  v1::GetModelRequest request;
  request.set_model("b");
  v1::Model model;
  ASSERT_TRUE(admin_stub_->GetModel(&context, request, &model).ok());
  EXPECT_EQ(model.last_error(), "/models/b: no weights");
}

TEST_F(ModelServiceAdminTest, SaysWhyAChangeIsNotMade) {
  admin_.answer = absl::AbortedError("one at a time");
  grpc::ClientContext contexts[2];
  for (auto& context : contexts) SetTestDeadline(&context);
  v1::LoadModelRequest load;
  load.set_model("fake");
  v1::Model model;
  grpc::Status status = admin_stub_->LoadModel(&contexts[0], load, &model);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(status.error_message(), "one at a time");
  load.set_compute_type("int4");
  status = admin_stub_->LoadModel(&contexts[1], load, &model);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(), HasSubstr("\"int4\""));
  EXPECT_EQ(CallWithBytes(admin_server_.channel(),
                          "/parley.v1.ModelService/UnloadModel", "\x0a\x01\xff")
                .error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

// Answers when the test says so.
class LateAdmin final : public ModelAdmin {
 public:
  void Change(ModelChange change, Done done) override {
    done_ = std::move(done);
    asked.Notify();
  }
  void Answer(ModelListing listing) { done_(std::move(listing)); }

  absl::Notification asked;

 private:
  Done done_;
};

// As where a server ends while a model is being loaded.
TEST_F(ModelServiceTest, AChangeMayOutliveTheService) {
  LateAdmin admin;
  auto service = std::make_unique<ModelService>(
      &directory_, CallLimits(), ModelService::Administration{.admin = &admin});
  auto server = std::make_unique<LoopbackServer>(service.get());
  grpc::ClientContext context;
  SetTestDeadline(&context);
  auto call = std::async(std::launch::async, [&] {
    v1::Model model;
    return v1::ModelService::NewStub(server->channel())
        ->LoadModel(&context, {}, &model);
  });
  admin.asked.WaitForNotification();
  context.TryCancel();
  EXPECT_EQ(call.get().error_code(), grpc::StatusCode::CANCELLED);
  server.reset();
  service.reset();
  admin.Answer(directory_.List().back());
}

TEST_F(ModelServiceTest, RefusesBytesThatAreNoRequest) {
  RouteProtobufLog();
  const grpc::Status status = CallWithBytes(
      server_.channel(), "/parley.v1.ModelService/GetModel", "\x0a\x01\xff");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_THAT(status.error_message(),
              HasSubstr("parley.v1.GetModelRequest.model"));
}

}  // namespace
}  // namespace parley
