#include "client/client.h"

#include <google/protobuf/message.h>
#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "client/batch_stream.h"
#include "client/delta_reader.h"
#include "client/retrying_call.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "parley/v1/embedding.grpc.pb.h"
#include "parley/v1/model.grpc.pb.h"
#include "parley/v1/translation.grpc.pb.h"

namespace parley::client {
namespace {

using ::grpc::health::v1::Health;
using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using ::parley::v1::EmbeddingService;
using ::parley::v1::ModelService;
using ::parley::v1::TranslationService;

// The asynchronous sides of the stubs.
using EmbeddingCalls = EmbeddingService::StubInterface::async_interface;
using HealthCalls = Health::StubInterface::async_interface;
using ModelCalls = ModelService::StubInterface::async_interface;
using TranslationCalls = TranslationService::StubInterface::async_interface;

// A method of such a side, bound to its stub.
template <typename Request, typename Response>
using Method = std::function<void(grpc::ClientContext*, const Request*,
                                  Response*, RetryingCall::AttemptDone)>;

template <typename Calls, typename Request, typename Response>
Method<Request, Response> Bind(
    Calls* calls, void (Calls::*method)(grpc::ClientContext*, const Request*,
                                        Response*, RetryingCall::AttemptDone)) {
  return [calls, method](grpc::ClientContext* context, const Request* sent,
                         Response* received, RetryingCall::AttemptDone done) {
    (calls->*method)(context, sent, received, std::move(done));
  };
}

std::shared_ptr<grpc::Channel> MakeChannel(const ClientOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxSendMessageSize(options.max_message_bytes);
  arguments.SetMaxReceiveMessageSize(options.max_message_bytes);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // gRPC fails calls at once while it waits to connect again, for a second by
  // default; that would use up the attempts before the next one is made.
  const auto initial_ms = static_cast<int>(
      absl::ToInt64Milliseconds(options.retry.initial_backoff));
  const auto max_ms =
      static_cast<int>(absl::ToInt64Milliseconds(options.retry.max_backoff));
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, initial_ms);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, max_ms);
  return grpc::CreateCustomChannel(
      options.server, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

// The channel, its stubs, and the calls under way.
class Client::Connection {
 public:
  explicit Connection(ClientOptions options)
      : options_(std::move(options)),
        channel_(MakeChannel(options_)),
        translation_(TranslationService::NewStub(channel_)),
        embedding_(EmbeddingService::NewStub(channel_)),
        models_(ModelService::NewStub(channel_)),
        health_(Health::NewStub(channel_)) {}

  ~Connection() {
    // Before the calls: it may have made some.
    batch_stream_.reset();
    absl::flat_hash_set<std::shared_ptr<RetryingCall>> calls;
    {
      absl::MutexLock lock(&mutex_);
      calls = calls_;
    }
    for (const std::shared_ptr<RetryingCall>& call : calls) call->Cancel();
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](absl::flat_hash_set<std::shared_ptr<RetryingCall>>* left) {
          return left->empty();
        },
        &calls_));
  }

  TranslationCalls* translation() { return translation_->async(); }
  EmbeddingCalls* embedding() { return embedding_->async(); }
  ModelCalls* models() { return models_->async(); }
  HealthCalls* health() { return health_->async(); }

  template <typename Request, typename Response>
  void Start(Method<Request, Response> method, Request request,
             Callback<Response> callback) {
    StartUntil(Deadline(), std::move(method), std::move(request),
               std::move(callback));
  }
  // The same with a deadline that has been counting.
  template <typename Request, typename Response>
  void StartUntil(absl::Time deadline, Method<Request, Response> method,
                  Request request, Callback<Response> callback) {
    StartWith({options_.retry, deadline}, std::move(method), std::move(request),
              std::move(callback));
  }

  // Start, and wait for the answer.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(Method<Request, Response> method,
                                Request request) {
    return CallWith({options_.retry, Deadline()}, std::move(method),
                    std::move(request));
  }

  void StartOnStream(v1::TranslateRequest request,
                     Callback<v1::TranslateResponse> callback) {
    if (const absl::Status fits = CheckSize(request); !fits.ok()) {
      callback(fits);
    } else {
      batch_stream_->Call(std::move(request), std::move(callback));
    }
  }

  // The same without retries.
  template <typename Request, typename Response>
  absl::StatusOr<Response> CallOnce(Method<Request, Response> method,
                                    Request request) {
    RetryOptions once;
    once.max_unavailable_attempts = 1;
    once.max_exhausted_attempts = 1;
    return CallWith({once, Deadline()}, std::move(method), std::move(request));
  }

 private:
  // Of one call.
  struct Bounds {
    RetryOptions retry;
    absl::Time deadline;
  };
  absl::Time Deadline() const { return absl::Now() + options_.timeout; }

  template <typename Request, typename Response>
  void StartWith(const Bounds& bounds, Method<Request, Response> method,
                 Request request, Callback<Response> callback) {
    if (absl::Status fits = CheckSize(request); !fits.ok()) {
      callback(std::move(fits));
      return;
    }
    auto message = std::make_shared<const Request>(std::move(request));
    auto response = std::make_shared<Response>();
    auto attempt = [message, response, method = std::move(method)](
                       grpc::ClientContext* context,
                       RetryingCall::AttemptDone done) {
      response->Clear();
      method(context, message.get(), response.get(), std::move(done));
    };
    Run(bounds, attempt,
        [response,
         callback = std::move(callback)](absl::Status status) mutable {
          if (status.ok()) {
            callback(std::move(*response));
          } else {
            callback(std::move(status));
          }
        });
  }

  template <typename Request, typename Response>
  absl::StatusOr<Response> CallWith(const Bounds& bounds,
                                    Method<Request, Response> method,
                                    Request request) {
    absl::Notification finished;
    absl::StatusOr<Response> answer;
    StartWith<Request, Response>(bounds, std::move(method), std::move(request),
                                 [&](absl::StatusOr<Response> result) {
                                   answer = std::move(result);
                                   finished.Notify();
                                 });
    finished.WaitForNotification();
    return answer;
  }

  absl::Status CheckSize(const google::protobuf::Message& request) const {
    const size_t size_bytes = request.ByteSizeLong();
    if (size_bytes <= static_cast<size_t>(options_.max_message_bytes)) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(
        absl::StrCat("the request has ", size_bytes, " bytes; at most ",
                     options_.max_message_bytes, " are sent"));
  }

  void Run(const Bounds& bounds, RetryingCall::Attempt attempt,
           RetryingCall::Done done) {
    // The call's own address, which it hands back when it is done.
    auto self = std::make_shared<std::shared_ptr<RetryingCall>>();
    auto call = std::make_shared<RetryingCall>(
        bounds.retry, bounds.deadline, std::move(attempt),
        [this, self, done = std::move(done)](absl::Status status) mutable {
          done(std::move(status));
          const std::shared_ptr<RetryingCall> finished = std::move(*self);
          absl::MutexLock lock(&mutex_);
          calls_.erase(finished);
        });
    *self = call;
    {
      absl::MutexLock lock(&mutex_);
      calls_.insert(call);
    }
    call->Start();
  }

  const ClientOptions options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<TranslationService::Stub> translation_;
  const std::unique_ptr<EmbeddingService::Stub> embedding_;
  const std::unique_ptr<ModelService::Stub> models_;
  const std::unique_ptr<Health::Stub> health_;

  absl::Mutex mutex_;
  absl::flat_hash_set<std::shared_ptr<RetryingCall>> calls_
      ABSL_GUARDED_BY(mutex_);

  // Null once the client ends.
  std::unique_ptr<BatchStream> batch_stream_ = std::make_unique<BatchStream>(
      translation(),
      BatchStream::Options{
          .retry = options_.retry,
          .timeout = options_.timeout,
          .call_alone = [this](v1::TranslateRequest request,
                               absl::Time deadline,
                               Callback<v1::TranslateResponse> callback) {
            StartUntil(deadline,
                       Bind(translation(), &TranslationCalls::Translate),
                       std::move(request), std::move(callback));
          }});
};

Client::Client(ClientOptions options)
    : connection_(std::make_unique<Connection>(std::move(options))) {}

Client::~Client() = default;

absl::StatusOr<v1::TranslateResponse> Client::Translate(
    const v1::TranslateRequest& request) {
  return connection_->Call(
      Bind(connection_->translation(), &TranslationCalls::Translate), request);
}

absl::StatusOr<v1::TranslateResponse> Client::TranslateStream(
    const v1::TranslateRequest& request,
    std::function<void(const v1::TranslateDelta&)> tell) {
  return connection_->Call(
      ReadDeltas(connection_->translation(), std::move(tell)), request);
}

absl::StatusOr<v1::EmbedResponse> Client::Embed(
    const v1::EmbedRequest& request) {
  return connection_->Call(
      Bind(connection_->embedding(), &EmbeddingCalls::Embed), request);
}

absl::StatusOr<v1::EmbedTokensResponse> Client::EmbedTokens(
    const v1::EmbedTokensRequest& request) {
  return connection_->Call(
      Bind(connection_->embedding(), &EmbeddingCalls::EmbedTokens), request);
}

absl::StatusOr<v1::SimilarityResponse> Client::Similarity(
    const v1::SimilarityRequest& request) {
  return connection_->Call(
      Bind(connection_->embedding(), &EmbeddingCalls::Similarity), request);
}

absl::StatusOr<v1::RerankResponse> Client::Rerank(
    const v1::RerankRequest& request) {
  return connection_->Call(
      Bind(connection_->embedding(), &EmbeddingCalls::Rerank), request);
}

absl::StatusOr<v1::ClassifyResponse> Client::Classify(
    const v1::ClassifyRequest& request) {
  return connection_->Call(
      Bind(connection_->embedding(), &EmbeddingCalls::Classify), request);
}

absl::StatusOr<v1::FillMaskResponse> Client::FillMask(
    const v1::FillMaskRequest& request) {
  return connection_->Call(
      Bind(connection_->embedding(), &EmbeddingCalls::FillMask), request);
}

absl::StatusOr<v1::NextSentenceResponse> Client::NextSentence(
    const v1::NextSentenceRequest& request) {
  return connection_->Call(
      Bind(connection_->embedding(), &EmbeddingCalls::NextSentence), request);
}

absl::StatusOr<v1::TokenizeResponse> Client::Tokenize(
    const v1::TokenizeRequest& request) {
  return connection_->Call(
      Bind(connection_->embedding(), &EmbeddingCalls::Tokenize), request);
}

absl::StatusOr<v1::DetokenizeResponse> Client::Detokenize(
    const v1::DetokenizeRequest& request) {
  return connection_->Call(
      Bind(connection_->embedding(), &EmbeddingCalls::Detokenize), request);
}

void Client::TranslateAsync(v1::TranslateRequest request,
                            Callback<v1::TranslateResponse> callback) {
  connection_->Start(
      Bind(connection_->translation(), &TranslationCalls::Translate),
      std::move(request), std::move(callback));
}

void Client::TranslateOnStreamAsync(v1::TranslateRequest request,
                                    Callback<v1::TranslateResponse> callback) {
  connection_->StartOnStream(std::move(request), std::move(callback));
}

void Client::TranslateStreamAsync(
    v1::TranslateRequest request,
    std::function<void(const v1::TranslateDelta&)> tell,
    Callback<v1::TranslateResponse> callback) {
  connection_->Start(ReadDeltas(connection_->translation(), std::move(tell)),
                     std::move(request), std::move(callback));
}

void Client::EmbedAsync(v1::EmbedRequest request,
                        Callback<v1::EmbedResponse> callback) {
  connection_->Start(Bind(connection_->embedding(), &EmbeddingCalls::Embed),
                     std::move(request), std::move(callback));
}

void Client::SimilarityAsync(v1::SimilarityRequest request,
                             Callback<v1::SimilarityResponse> callback) {
  connection_->Start(
      Bind(connection_->embedding(), &EmbeddingCalls::Similarity),
      std::move(request), std::move(callback));
}

void Client::RerankAsync(v1::RerankRequest request,
                         Callback<v1::RerankResponse> callback) {
  connection_->Start(Bind(connection_->embedding(), &EmbeddingCalls::Rerank),
                     std::move(request), std::move(callback));
}

void Client::ClassifyAsync(v1::ClassifyRequest request,
                           Callback<v1::ClassifyResponse> callback) {
  connection_->Start(Bind(connection_->embedding(), &EmbeddingCalls::Classify),
                     std::move(request), std::move(callback));
}

void Client::FillMaskAsync(v1::FillMaskRequest request,
                           Callback<v1::FillMaskResponse> callback) {
  connection_->Start(Bind(connection_->embedding(), &EmbeddingCalls::FillMask),
                     std::move(request), std::move(callback));
}

absl::StatusOr<v1::ListModelsResponse> Client::ListModels() {
  return connection_->Call(Bind(connection_->models(), &ModelCalls::ListModels),
                           v1::ListModelsRequest());
}

absl::StatusOr<v1::Model> Client::GetModel(absl::string_view name) {
  v1::GetModelRequest request;
  request.set_model(std::string(name));
  return connection_->Call(Bind(connection_->models(), &ModelCalls::GetModel),
                           std::move(request));
}

absl::StatusOr<v1::Model> Client::LoadModel(
    const v1::LoadModelRequest& request) {
  return connection_->CallOnce(
      Bind(connection_->models(), &ModelCalls::LoadModel), request);
}

absl::StatusOr<v1::UnloadModelResponse> Client::UnloadModel(
    const v1::UnloadModelRequest& request) {
  return connection_->CallOnce(
      Bind(connection_->models(), &ModelCalls::UnloadModel), request);
}

absl::StatusOr<v1::Model> Client::ReloadModel(
    const v1::ReloadModelRequest& request) {
  return connection_->CallOnce(
      Bind(connection_->models(), &ModelCalls::ReloadModel), request);
}

absl::StatusOr<HealthCheckResponse::ServingStatus> Client::CheckHealth(
    absl::string_view service) {
  HealthCheckRequest request;
  request.set_service(std::string(service));
  const absl::StatusOr<HealthCheckResponse> answer = connection_->CallOnce(
      Bind(connection_->health(), &HealthCalls::Check), std::move(request));
  if (!answer.ok()) return answer.status();
  return answer->status();
}

}  // namespace parley::client
