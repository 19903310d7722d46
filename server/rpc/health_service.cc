#include "server/rpc/health_service.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/rpc/unary_call.h"

namespace parley {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// One Watch call. At most one write is under way, and Finish waits for it, so
// that a state that changes quickly is told as often as the peer can read it.
// All state is guarded by the service's mutex; gRPC never calls a reaction on
// the thread that starts an operation.
class HealthService::WatchReactor final
    : public grpc::ServerWriteReactor<HealthCheckResponse> {
 public:
  WatchReactor(HealthService* service, std::string name)
      : service_(service), name_(std::move(name)) {}

  const std::string& name() const { return name_; }

  // Tells the peer about `status` unless that is what it knows.
  void Tell(ServingStatus status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(service_->mutex_) {
    current_ = status;
    Proceed();
  }

  // Finishes the call after what is still to be told.
  void End(grpc::Status status)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(service_->mutex_) {
    if (!end_.has_value()) end_ = std::move(status);
    Proceed();
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&service_->mutex_);
    writing_ = false;
    if (!ok) Abandon();
    Proceed();
  }

  void OnCancel() override {
    absl::MutexLock lock(&service_->mutex_);
    Abandon();
    Proceed();
  }

  void OnDone() override {
    {
      absl::MutexLock lock(&service_->mutex_);
      service_->watches_.erase(this);
    }
    delete this;
  }

 private:
  // The peer is gone: nothing more to tell.
  void Abandon() ABSL_EXCLUSIVE_LOCKS_REQUIRED(service_->mutex_) {
    if (!end_.has_value()) end_ = grpc::Status::CANCELLED;
    told_ = current_;
  }

  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(service_->mutex_) {
    if (writing_ || finished_) return;
    if (told_ != current_) {
      told_ = current_;
      response_.set_status(current_);
      writing_ = true;
      StartWrite(&response_);
    } else if (end_.has_value()) {
      finished_ = true;
      Finish(*end_);
    }
  }

  HealthService* const service_;
  const std::string name_;
  HealthCheckResponse response_;  // Untouched while writing_.
  ServingStatus current_ = HealthCheckResponse::UNKNOWN;
  ServingStatus told_ = HealthCheckResponse::UNKNOWN;  // Never told as such.
  std::optional<grpc::Status> end_;
  bool writing_ = false;
  bool finished_ = false;
};

HealthService::ServingStatus HealthService::StatusOf(
    absl::string_view name) const {
  if (name == kLiveness) return HealthCheckResponse::SERVING;
  const auto it = statuses_.find(name);
  return it == statuses_.end() ? HealthCheckResponse::SERVICE_UNKNOWN
                               : it->second;
}

void HealthService::SetAll(const std::map<std::string, bool>& serving) {
  absl::MutexLock lock(&mutex_);
  if (stopped_) return;
  statuses_.clear();
  for (const auto& [name, serves] : serving) {
    statuses_[name] = serves ? HealthCheckResponse::SERVING
                             : HealthCheckResponse::NOT_SERVING;
  }
  TellWatches();
}

void HealthService::TellWatches() {
  for (WatchReactor* watch : watches_) watch->Tell(StatusOf(watch->name()));
}

bool HealthService::IsServing(absl::string_view name) const {
  absl::MutexLock lock(&mutex_);
  return StatusOf(name) == HealthCheckResponse::SERVING;
}

void HealthService::StopServing() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
  for (auto& [name, status] : statuses_) {
    status = HealthCheckResponse::NOT_SERVING;
  }
  TellWatches();
}

void HealthService::Shutdown() {
  StopServing();
  absl::MutexLock lock(&mutex_);
  shut_down_ = true;
  const grpc::Status reason(grpc::StatusCode::UNAVAILABLE,
                            "the server is going down");
  for (WatchReactor* watch : watches_) watch->End(reason);
}

grpc::ServerUnaryReactor* HealthService::Check(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  return AnswerUnaryCall<HealthCheckRequest, HealthCheckResponse>(
      {context, request, response}, /*record=*/nullptr,
      [this](const HealthCheckRequest& check, HealthCheckResponse* answer) {
        absl::MutexLock lock(&mutex_);
        const ServingStatus status = StatusOf(check.service());
        if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
          return absl::NotFoundError(absl::StrCat(
              "no service or model \"", check.service(), "\" is served"));
        }
        answer->set_status(status);
        return absl::OkStatus();
      });
}

grpc::ServerWriteReactor<HealthCheckResponse>* HealthService::Watch(
    grpc::CallbackServerContext* context, const HealthCheckRequest* request) {
  auto* watch = new WatchReactor(this, request->service());
  absl::MutexLock lock(&mutex_);
  const bool refused = watches_.size() >= kMaxWatches;
  watches_.insert(watch);
  if (refused) {
    watch->End(grpc::Status(
        grpc::StatusCode::RESOURCE_EXHAUSTED,
        absl::StrCat(kMaxWatches, " calls of Watch are open already")));
    return watch;
  }
  watch->Tell(StatusOf(watch->name()));
  if (shut_down_) {
    watch->End(grpc::Status(grpc::StatusCode::UNAVAILABLE,
                            "the server is going down"));
  }
  return watch;
}

}  // namespace parley
