// Copies of the demo model that can be told apart by their answers, and calls
// of a server whose models change.
#ifndef PARLEY_TESTS_INTEGRATION_DEMO_VERSIONS_H_
#define PARLEY_TESTS_INTEGRATION_DEMO_VERSIONS_H_

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "parley/v1/model.grpc.pb.h"
#include "tests/integration/translation_server.h"
#include "tests/server/rpc/grpc_fixture.h"
#include "tests/temp_folder.h"

namespace parley {

// Of at most `max_tokens` target tokens a translation; greedy, to be quick.
inline std::string GenerationConfig(int max_tokens) {
  return absl::StrCat(
      R"({"bad_words_ids": [[8003]], "decoder_start_token_id": 8003,
          "eos_token_id": 0, "forced_eos_token_id": 0, "num_beams": 1,
          "max_new_tokens": )",
      max_tokens, "}");
}

// Makes the folder `name` of links to the demo model's files, with a
// generation_config.json of its own. Returns its path.
inline std::string AddDemoVersion(const TempFolder& folder,
                                  const std::string& name, int max_tokens) {
  namespace fs = std::filesystem;
  const fs::path path = fs::path(folder.path()) / name;
  fs::create_directory(path);
  for (const auto& file : fs::directory_iterator("models/demo")) {
    if (file.path().filename() == "generation_config.json") continue;
    fs::create_symlink(fs::absolute(file.path()),
                       path / file.path().filename());
  }
  folder.Write(name + "/generation_config.json", GenerationConfig(max_tokens));
  return path.string();
}

struct Translated {
  grpc::Status status;
  std::string version = "";
  std::vector<std::string> texts = {};  // Empty where the call failed.
};

// Translates three captions in one call of the model.
inline Translated TranslateCaptions(const TranslationClient& client,
                                    const std::string& model) {
  v1::TranslateRequest request = DemoRequest(
      {"A man in a blue shirt is standing on a ladder cleaning a window.",
       "Two dogs are playing in the snow.", "A girl is reading a book."});
  request.set_model(model);
  const TranslationClient::Outcome outcome = client.Translate(request);
  Translated translated = {.status = outcome.status};
  if (!translated.status.ok()) return translated;
  translated.version = outcome.response.model_version();
  for (const v1::TranslateResult& result : outcome.response.results()) {
    EXPECT_EQ(result.status().code(), 0) << result.status().message();
    translated.texts.push_back(
        result.hypotheses_size() > 0 ? result.hypotheses(0).text() : "");
  }
  return translated;
}

// A server's ModelService.
class ModelClient {
 public:
  explicit ModelClient(const std::string& address)
      : stub_(v1::ModelService::NewStub(ChannelTo(address))) {}

  grpc::Status Load(const std::string& name, const std::string& directory) {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    v1::LoadModelRequest request;
    request.set_model(name);
    request.set_directory(directory);
    v1::Model model;
    return stub_->LoadModel(&context, request, &model);
  }

  grpc::Status Unload(const std::string& name) {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    v1::UnloadModelRequest request;
    request.set_model(name);
    v1::UnloadModelResponse response;
    return stub_->UnloadModel(&context, request, &response);
  }

  // The new version goes to *version where it is not null.
  grpc::Status Reload(const std::string& name, const std::string& directory,
                      std::string* version) {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    v1::ReloadModelRequest request;
    request.set_model(name);
    request.set_directory(directory);
    v1::Model model;
    const grpc::Status status = stub_->ReloadModel(&context, request, &model);
    if (version != nullptr) *version = model.version();
    return status;
  }

  v1::Model Get(const std::string& name) {
    grpc::ClientContext context;
    SetLongDeadline(&context);
    v1::GetModelRequest request;
    request.set_model(name);
    v1::Model model;
    stub_->GetModel(&context, request, &model);
    return model;
  }

 private:
  const std::unique_ptr<v1::ModelService::Stub> stub_;
};

// A call of grpc.health.v1.Health.Watch.
class HealthWatch {
 public:
  HealthWatch(const std::shared_ptr<grpc::Channel>& channel,
              const std::string& name)
      : stub_(grpc::health::v1::Health::NewStub(channel)) {
    SetLongDeadline(&context_);
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(name);
    reader_ = stub_->Watch(&context_, request);
  }

  // The next state that is told; -1 where the call has ended.
  int Next() {
    grpc::health::v1::HealthCheckResponse response;
    return reader_->Read(&response) ? response.status() : -1;
  }

 private:
  const std::unique_ptr<grpc::health::v1::Health::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<grpc::health::v1::HealthCheckResponse>>
      reader_;
};

}  // namespace parley

#endif  // PARLEY_TESTS_INTEGRATION_DEMO_VERSIONS_H_
