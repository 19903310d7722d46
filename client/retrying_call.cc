#include "client/retrying_call.h"

#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "client/status_conversion.h"

namespace parley::client {

RetryingCall::RetryingCall(RetryOptions retry, absl::Time deadline,
                           Attempt attempt, Done done)
    : retry_(std::move(retry)),
      deadline_(deadline),
      attempt_(std::move(attempt)),
      done_(std::move(done)) {}

void RetryingCall::Start() { RunAttempt(); }

void RetryingCall::Cancel() {
  std::shared_ptr<grpc::ClientContext> context;
  std::shared_ptr<grpc::Alarm> wait;
  {
    absl::MutexLock lock(&mutex_);
    cancelled_ = true;
    context = context_;
    wait = wait_;
  }
  if (context != nullptr) context->TryCancel();
  if (wait != nullptr) wait->Cancel();
}

void RetryingCall::RunAttempt() {
  auto context = std::make_shared<grpc::ClientContext>();
  context->set_deadline(absl::ToChronoTime(deadline_));
  {
    absl::MutexLock lock(&mutex_);
    // An attempt whose context is cancelled before it starts ends CANCELLED.
    if (cancelled_) context->TryCancel();
    context_ = context;
  }
  ++num_attempts_;
  attempt_(context.get(), [self = shared_from_this()](grpc::Status status) {
    self->FinishAttempt(status);
  });
}

void RetryingCall::FinishAttempt(const grpc::Status& grpc_status) {
  {
    absl::MutexLock lock(&mutex_);
    context_ = nullptr;
  }
  const absl::Status status = ToAbslStatus(grpc_status);
  if (ScheduleRetry(status)) return;
  done_(WithAttempts(status, num_attempts_));
}

bool RetryingCall::ScheduleRetry(const absl::Status& status) {
  const std::optional<absl::Duration> delay =
      RetryDelay(retry_, status, num_attempts_);
  if (!delay.has_value()) return false;
  const absl::Time next = absl::Now() + *delay;
  if (next >= deadline_) return false;
  absl::MutexLock lock(&mutex_);
  if (cancelled_) return false;
  wait_ = std::make_shared<grpc::Alarm>();
  // Under the lock, so that a Cancel finds an alarm that is set; gRPC runs an
  // alarm's callback on threads of its own only.
  wait_->Set(
      absl::ToChronoTime(next),
      [self = shared_from_this()](bool expired) { self->FinishWait(expired); });
  return true;
}

void RetryingCall::FinishWait(bool expired) {
  {
    absl::MutexLock lock(&mutex_);
    wait_ = nullptr;
  }
  if (expired) {
    RunAttempt();
  } else {
    done_(absl::CancelledError("the call was cancelled between two attempts"));
  }
}

}  // namespace parley::client
