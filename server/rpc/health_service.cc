#include "server/rpc/health_service.h"

#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "server/rpc/message_parsing.h"
#include "server/rpc/unary_call.h"

namespace parley {

using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

// One Watch call. At most one write is under way, and Finish waits for it, so
// that a state that changes quickly is told as often as the peer can read it.
// All state is guarded by the service's mutex: nothing that is started calls a
// reaction before it returns.
class HealthService::WatchReactor final : public CallReactor {
 public:
  WatchReactor(HealthService* service, WireCall* call, std::string name)
      : service_(service), call_(call), name_(std::move(name)) {}

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
      HealthCheckResponse response;
      response.set_status(current_);
      grpc::ByteBuffer bytes;
      // One number can always be written.
      SerializeMessage(response, &bytes).IgnoreError();
      writing_ = true;
      call_->StartWrite(bytes);
    } else if (end_.has_value()) {
      finished_ = true;
      call_->Finish(*end_);
    }
  }

  HealthService* const service_;
  WireCall* const call_;  // Lives until OnDone.
  const std::string name_;
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

void HealthService::AddMethods(CallRouter* router) {
  const absl::string_view service = Base::service_full_name();
  router->Add(service, "Check",
              [this](const RequestWire& wire) { Check(wire); });
  router->Add(service, "Watch",
              [this](const RequestWire& wire) { Watch(wire); });
}

void HealthService::Check(const RequestWire& wire) {
  AnswerUnaryCall<HealthCheckRequest, HealthCheckResponse>(
      wire, /*record=*/nullptr,
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

void HealthService::Watch(const RequestWire& wire) {
  HealthCheckRequest request;
  const absl::Status parsed = ParseMessage(wire.request, &request);
  if (!parsed.ok()) return RefuseCall(wire.call, /*record=*/nullptr, parsed);
  auto* watch = new WatchReactor(this, wire.call, request.service());
  wire.call->Bind(watch);
  absl::MutexLock lock(&mutex_);
  const bool refused = watches_.size() >= kMaxWatches;
  watches_.insert(watch);
  if (refused) {
    watch->End(grpc::Status(
        grpc::StatusCode::RESOURCE_EXHAUSTED,
        absl::StrCat(kMaxWatches, " calls of Watch are open already")));
    return;
  }
  watch->Tell(StatusOf(watch->name()));
  if (shut_down_) {
    watch->End(grpc::Status(grpc::StatusCode::UNAVAILABLE,
                            "the server is going down"));
  }
}

}  // namespace parley
