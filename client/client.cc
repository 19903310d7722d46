#include "client/client.h"

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
#include "client/retrying_call.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "parley/v1/model.grpc.pb.h"
#include "parley/v1/translation.grpc.pb.h"

namespace parley::client {
namespace {

using ::grpc::health::v1::Health;
using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;
using ::parley::v1::GetModelRequest;
using ::parley::v1::ListModelsRequest;
using ::parley::v1::ListModelsResponse;
using ::parley::v1::Model;
using ::parley::v1::ModelService;
using ::parley::v1::TranslateRequest;
using ::parley::v1::TranslateResponse;
using ::parley::v1::TranslationService;

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
  template <typename Response>
  using Callback = absl::AnyInvocable<void(absl::StatusOr<Response>)>;
  // A method of a stub's asynchronous side, bound to it.
  template <typename Request, typename Response>
  using Method = std::function<void(grpc::ClientContext*, const Request*,
                                    Response*, RetryingCall::AttemptDone)>;

  explicit Connection(ClientOptions options)
      : options_(std::move(options)),
        channel_(MakeChannel(options_)),
        translation_(TranslationService::NewStub(channel_)),
        models_(ModelService::NewStub(channel_)),
        health_(Health::NewStub(channel_)) {}

  ~Connection() {
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

  const RetryOptions& retry() const { return options_.retry; }
  TranslationService::Stub* translation() { return translation_.get(); }
  ModelService::Stub* models() { return models_.get(); }
  Health::Stub* health() { return health_.get(); }

  template <typename Request, typename Response>
  void Start(const RetryOptions& retry, Method<Request, Response> method,
             Request request, Callback<Response> callback) {
    if (const size_t size_bytes = request.ByteSizeLong();
        size_bytes > static_cast<size_t>(options_.max_message_bytes)) {
      callback(absl::InvalidArgumentError(
          absl::StrCat("the request has ", size_bytes, " bytes; at most ",
                       options_.max_message_bytes, " are sent")));
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
    Run(retry, attempt,
        [response,
         callback = std::move(callback)](absl::Status status) mutable {
          if (status.ok()) {
            callback(std::move(*response));
          } else {
            callback(std::move(status));
          }
        });
  }

  // Start, and wait for the answer.
  template <typename Request, typename Response>
  absl::StatusOr<Response> Call(const RetryOptions& retry,
                                Method<Request, Response> method,
                                Request request) {
    absl::Notification finished;
    absl::StatusOr<Response> answer;
    Start<Request, Response>(retry, std::move(method), std::move(request),
                             [&](absl::StatusOr<Response> result) {
                               answer = std::move(result);
                               finished.Notify();
                             });
    finished.WaitForNotification();
    return answer;
  }

 private:
  void Run(const RetryOptions& retry, RetryingCall::Attempt attempt,
           RetryingCall::Done done) {
    // The call's own address, which it hands back when it is done.
    auto self = std::make_shared<std::shared_ptr<RetryingCall>>();
    auto call = std::make_shared<RetryingCall>(
        retry, options_.timeout, std::move(attempt),
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
  const std::unique_ptr<ModelService::Stub> models_;
  const std::unique_ptr<Health::Stub> health_;

  absl::Mutex mutex_;
  absl::flat_hash_set<std::shared_ptr<RetryingCall>> calls_
      ABSL_GUARDED_BY(mutex_);
};

Client::Client(ClientOptions options)
    : connection_(std::make_unique<Connection>(std::move(options))) {}

Client::~Client() = default;

absl::StatusOr<TranslateResponse> Client::Translate(
    const TranslateRequest& request) {
  absl::Notification finished;
  absl::StatusOr<TranslateResponse> answer;
  TranslateAsync(request, [&](absl::StatusOr<TranslateResponse> result) {
    answer = std::move(result);
    finished.Notify();
  });
  finished.WaitForNotification();
  return answer;
}

void Client::TranslateAsync(TranslateRequest request,
                            TranslateCallback callback) {
  auto method = [stub = connection_->translation()](
                    grpc::ClientContext* context, const TranslateRequest* sent,
                    TranslateResponse* received,
                    RetryingCall::AttemptDone done) {
    stub->async()->Translate(context, sent, received, std::move(done));
  };
  connection_->Start<TranslateRequest, TranslateResponse>(
      connection_->retry(), method, std::move(request), std::move(callback));
}

absl::StatusOr<ListModelsResponse> Client::ListModels() {
  auto method = [stub = connection_->models()](grpc::ClientContext* context,
                                               const ListModelsRequest* sent,
                                               ListModelsResponse* received,
                                               RetryingCall::AttemptDone done) {
    stub->async()->ListModels(context, sent, received, std::move(done));
  };
  return connection_->Call<ListModelsRequest, ListModelsResponse>(
      connection_->retry(), method, ListModelsRequest());
}

absl::StatusOr<Model> Client::GetModel(absl::string_view name) {
  auto method = [stub = connection_->models()](
                    grpc::ClientContext* context, const GetModelRequest* sent,
                    Model* received, RetryingCall::AttemptDone done) {
    stub->async()->GetModel(context, sent, received, std::move(done));
  };
  GetModelRequest request;
  request.set_model(std::string(name));
  return connection_->Call<GetModelRequest, Model>(connection_->retry(), method,
                                                   std::move(request));
}

absl::StatusOr<HealthCheckResponse::ServingStatus> Client::CheckHealth(
    absl::string_view service) {
  auto method = [stub = connection_->health()](grpc::ClientContext* context,
                                               const HealthCheckRequest* sent,
                                               HealthCheckResponse* received,
                                               RetryingCall::AttemptDone done) {
    stub->async()->Check(context, sent, received, std::move(done));
  };
  HealthCheckRequest request;
  request.set_service(std::string(service));
  RetryOptions once;
  once.max_unavailable_attempts = 1;
  once.max_exhausted_attempts = 1;
  absl::StatusOr<HealthCheckResponse> answer =
      connection_->Call<HealthCheckRequest, HealthCheckResponse>(
          once, method, std::move(request));
  if (!answer.ok()) return answer.status();
  return answer->status();
}

}  // namespace parley::client
