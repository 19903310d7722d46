// A real gRPC server in the test's process that answers as the test says.
#ifndef PARLEY_TESTS_CLIENT_FAKE_SERVER_H_
#define PARLEY_TESTS_CLIENT_FAKE_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "parley/v1/model.grpc.pb.h"
#include "parley/v1/translation.grpc.pb.h"
#include "tests/client/fake_embedding.h"

namespace parley::client {

using TranslateHandler = std::function<grpc::Status(const v1::TranslateRequest&,
                                                    v1::TranslateResponse*)>;

// Each text becomes "target:text" with a score of -0.5.
inline grpc::Status EchoTranslate(const v1::TranslateRequest& request,
                                  v1::TranslateResponse* response) {
  response->set_model("fake");
  for (const std::string& text : request.texts()) {
    v1::TranslateResult* result = response->add_results();
    v1::Hypothesis* hypothesis = result->add_hypotheses();
    hypothesis->set_text(absl::StrCat(request.target_language(), ":", text));
    hypothesis->set_score(-0.5f);
    result->set_source_tokens(static_cast<int>(text.size()));
  }
  return grpc::Status::OK;
}

// The server's ends of the two streams.
using DeltaWriter = grpc::ServerWriter<v1::TranslateStreamResponse>;
using BatchStreamWire =
    grpc::ServerReaderWriter<v1::TranslateBatchStreamResponse,
                             v1::TranslateBatchStreamRequest>;
using DeltaHandler =
    std::function<grpc::Status(const v1::TranslateRequest&, DeltaWriter*)>;
using BatchStreamHandler = std::function<grpc::Status(BatchStreamWire*)>;

inline void WriteDelta(int index, const std::string& text, bool is_last,
                       DeltaWriter* writer) {
  v1::TranslateStreamResponse event;
  event.mutable_delta()->set_index(index);
  event.mutable_delta()->set_text(text);
  event.mutable_delta()->set_is_last(is_last);
  writer->Write(event);
}

// Each text in two deltas, then the whole.
inline grpc::Status TellInHalves(const v1::TranslateResponse& response,
                                 DeltaWriter* writer) {
  for (int i = 0; i < response.results_size(); ++i) {
    if (response.results(i).hypotheses().empty()) continue;
    const std::string& text = response.results(i).hypotheses(0).text();
    WriteDelta(i, text.substr(0, text.size() / 2), /*is_last=*/false, writer);
    WriteDelta(i, text.substr(text.size() / 2), /*is_last=*/true, writer);
  }
  v1::TranslateStreamResponse event;
  *event.mutable_response() = response;
  writer->Write(event);
  return grpc::Status::OK;
}

// Answers `item` as `handle` does.
inline void AnswerItem(const v1::TranslateBatchStreamRequest& item,
                       const TranslateHandler& handle, BatchStreamWire* wire) {
  v1::TranslateBatchStreamResponse response;
  response.set_id(item.id());
  const grpc::Status status =
      handle(item.request(), response.mutable_response());
  response.mutable_status()->ParseFromString(status.error_details());
  response.mutable_status()->set_code(status.error_code());
  response.mutable_status()->set_message(status.error_message());
  if (!status.ok()) response.clear_response();
  wire->Write(response);
}

// Fails the first `num_failures` calls with `code`, then echoes.
inline TranslateHandler FailFirst(int num_failures, grpc::StatusCode code) {
  auto left = std::make_shared<std::atomic<int>>(num_failures);
  return [left, code](const v1::TranslateRequest& request,
                      v1::TranslateResponse* response) {
    if (left->fetch_sub(1) > 0) return grpc::Status(code, "not this time");
    return EchoTranslate(request, response);
  };
}

// Blocks the calls of a fake until so many are under way at once, for half a
// minute at most, and says how many have been at most.
class Gate {
 public:
  explicit Gate(int wanted) : wanted_(wanted) {}

  // False where the others did not come.
  bool Enter() {
    absl::MutexLock lock(&mutex_);
    ++inside_;
    most_ = std::max(most_, inside_);
    const bool opened = mutex_.AwaitWithTimeout(
        absl::Condition(this, &Gate::IsOpen), absl::Seconds(30));
    return opened;
  }
  void Leave() {
    absl::MutexLock lock(&mutex_);
    --inside_;
  }
  int most() {
    absl::MutexLock lock(&mutex_);
    return most_;
  }

 private:
  bool IsOpen() const { return most_ >= wanted_; }

  const int wanted_;
  absl::Mutex mutex_;
  int inside_ = 0;
  int most_ = 0;
};

// Serves on a loopback port of the system's choice until destroyed.
class FakeServer {
 public:
  explicit FakeServer(TranslateHandler translate = EchoTranslate)
      : translation_(std::move(translate)) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                             &port);
    builder.SetMaxReceiveMessageSize(64 << 20);
    builder.RegisterService(&translation_);
    builder.RegisterService(&embedding_);
    builder.RegisterService(&models_);
    builder.RegisterService(&health_);
    server_ = builder.BuildAndStart();
    address_ = absl::StrCat("127.0.0.1:", port);
  }
  ~FakeServer() {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }

  const std::string& address() const { return address_; }
  // On streams, too.
  int num_translate_calls() const { return translation_.num_calls; }
  int num_batch_streams() const { return translation_.num_batch_streams; }
  // Before the first call. Null: the server has no such method.
  void set_tell(DeltaHandler tell) { translation_.tell = std::move(tell); }
  void set_batch_stream(BatchStreamHandler handler) {
    translation_.batch_stream = std::move(handler);
  }
  FakeEmbedding& embedding() { return embedding_; }
  // What was asked for last of what changes the models, once it was answered.
  const std::string& last_change() const { return models_.last_change; }
  int num_reloads() const { return models_.num_reloads; }
  int num_health_calls() const { return health_.num_calls; }
  // Set before the first call.
  void set_health(grpc::health::v1::HealthCheckResponse::ServingStatus state) {
    health_.state = state;
  }

 private:
  struct Translation : v1::TranslationService::Service {
    explicit Translation(TranslateHandler handler)
        : handle([this, handler = std::move(handler)](
                     const v1::TranslateRequest& request,
                     v1::TranslateResponse* response) {
            ++num_calls;
            return handler(request, response);
          }) {}
    grpc::Status Translate(grpc::ServerContext* context,
                           const v1::TranslateRequest* request,
                           v1::TranslateResponse* response) override {
      return handle(*request, response);
    }
    grpc::Status TranslateStream(grpc::ServerContext* context,
                                 const v1::TranslateRequest* request,
                                 DeltaWriter* writer) override {
      if (tell == nullptr) return {grpc::StatusCode::UNIMPLEMENTED, ""};
      return tell(*request, writer);
    }
    grpc::Status TranslateBatchStream(grpc::ServerContext* context,
                                      BatchStreamWire* wire) override {
      ++num_batch_streams;
      if (batch_stream == nullptr) return {grpc::StatusCode::UNIMPLEMENTED, ""};
      return batch_stream(wire);
    }
    const TranslateHandler handle;
    DeltaHandler tell = [this](const v1::TranslateRequest& request,
                               DeltaWriter* writer) {
      v1::TranslateResponse response;
      const grpc::Status status = handle(request, &response);
      return status.ok() ? TellInHalves(response, writer) : status;
    };
    BatchStreamHandler batch_stream = [this](BatchStreamWire* wire) {
      v1::TranslateBatchStreamRequest item;
      while (wire->Read(&item)) AnswerItem(item, handle, wire);
      return grpc::Status::OK;
    };
    std::atomic<int> num_calls = 0;
    std::atomic<int> num_batch_streams = 0;
  };

  struct Models : v1::ModelService::Service {
    static void Fill(v1::Model* model) {
      model->set_name("demo");
      model->set_display_name("A demo");
      model->set_kind(v1::MODEL_KIND_TRANSLATION);
      model->set_state(v1::MODEL_STATE_READY);
      model->set_architecture("MarianMTModel");
      model->set_num_parameters(6'800'000);
      model->set_compute_type("f32");
      model->set_version("3");
      model->set_last_error("no more memory");
      v1::LanguagePair* pair = model->add_language_pairs();
      pair->set_source("en");
      pair->set_target("de");
      model->set_shortlist(true);
      model->mutable_limits()->set_max_beams(32);
    }
    static void FillEncoder(v1::Model* model) {
      model->set_name("embedder");
      model->set_kind(v1::MODEL_KIND_ENCODER);
      model->set_state(v1::MODEL_STATE_READY);
      model->set_architecture("BertModel");
      model->set_num_parameters(22'713'216);
      model->set_compute_type("f32");
      model->mutable_limits()->set_max_source_tokens(512);
      v1::EncoderModel* encoder = model->mutable_encoder();
      encoder->add_methods("Embed");
      encoder->add_methods("Similarity");
      encoder->set_dimensions(384);
      encoder->set_max_tokens(256);
      encoder->set_num_layers(6);
      encoder->add_pooling("mean");
      encoder->set_normalizes(true);
      encoder->set_similarity("cosine");
      (*encoder->mutable_prompts())["query"] = "query: ";
      (*encoder->mutable_prompts())["passage"] = "passage: ";
    }
    grpc::Status ListModels(grpc::ServerContext* context,
                            const v1::ListModelsRequest* request,
                            v1::ListModelsResponse* response) override {
      Fill(response->add_models());
      FillEncoder(response->add_models());
      return grpc::Status::OK;
    }
    grpc::Status GetModel(grpc::ServerContext* context,
                          const v1::GetModelRequest* request,
                          v1::Model* response) override {
      if (request->model() == "demo") {
        Fill(response);
      } else if (request->model() == "embedder") {
        FillEncoder(response);
      } else {
        return {grpc::StatusCode::NOT_FOUND, "no such model; served: demo"};
      }
      return grpc::Status::OK;
    }
    grpc::Status LoadModel(grpc::ServerContext* context,
                           const v1::LoadModelRequest* request,
                           v1::Model* response) override {
      if (request->model() == "demo") {
        return {grpc::StatusCode::ALREADY_EXISTS, "demo is there already"};
      }
      Fill(response);
      response->set_name(request->model());
      response->set_version("1");
      response->set_compute_type(request->compute_type());
      last_change =
          absl::StrCat("load ", request->model(), " ", request->directory());
      return grpc::Status::OK;
    }
    grpc::Status UnloadModel(grpc::ServerContext* context,
                             const v1::UnloadModelRequest* request,
                             v1::UnloadModelResponse* response) override {
      last_change = absl::StrCat("unload ", request->model());
      return grpc::Status::OK;
    }
    grpc::Status ReloadModel(grpc::ServerContext* context,
                             const v1::ReloadModelRequest* request,
                             v1::Model* response) override {
      ++num_reloads;
      if (request->model() == "going-down") {
        return {grpc::StatusCode::UNAVAILABLE, "the server is going down"};
      }
      Fill(response);
      response->set_version("2");
      last_change =
          absl::StrCat("reload ", request->model(), " ", request->directory());
      return grpc::Status::OK;
    }
    std::string last_change;
    int num_reloads = 0;
  };

  struct Health : grpc::health::v1::Health::Service {
    grpc::Status Check(
        grpc::ServerContext* context,
        const grpc::health::v1::HealthCheckRequest* request,
        grpc::health::v1::HealthCheckResponse* response) override {
      ++num_calls;
      if (!request->service().empty() && request->service() != "demo") {
        return {grpc::StatusCode::NOT_FOUND, "unknown name"};
      }
      response->set_status(state);
      return grpc::Status::OK;
    }
    grpc::health::v1::HealthCheckResponse::ServingStatus state =
        grpc::health::v1::HealthCheckResponse::SERVING;
    std::atomic<int> num_calls = 0;
  };

  Translation translation_;
  FakeEmbedding embedding_;
  Models models_;
  Health health_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace parley::client

#endif  // PARLEY_TESTS_CLIENT_FAKE_SERVER_H_
