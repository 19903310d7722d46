#include "server/rpc/call_gate.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/log.h"
#include "base/retry_after.h"

namespace parley {
namespace {

absl::Status NotNow(std::string message) {
  absl::Status status = absl::ResourceExhaustedError(message);
  SetRetryAfter(absl::Seconds(1), &status);
  return status;
}

}  // namespace

absl::Status CallGate::Add(int64_t bytes) {
  if (bytes > limits_.max_bytes - bytes_) {
    return NotNow(absl::StrCat("a call of ", bytes,
                               " bytes does not fit now: calls of ", bytes_,
                               " bytes are being worked on, of ",
                               limits_.max_bytes, " at most; try again later"));
  }
  bytes_ += bytes;
  return absl::OkStatus();
}

absl::Status CallGate::Enter(int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  if (closed_) {
    last_refused_ = absl::Now();
    return absl::UnavailableError("the server is going down");
  }
  if (num_calls_ >= limits_.max_calls) {
    return NotNow(absl::StrCat(num_calls_,
                               " calls are being worked on, of at most ",
                               limits_.max_calls, "; try again later"));
  }
  absl::Status added = Add(bytes);
  if (added.ok()) ++num_calls_;
  return added;
}

absl::Status CallGate::Grow(int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  PARLEY_CHECK(num_calls_ > 0);
  return Add(bytes);
}

void CallGate::Shrink(int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  bytes_ -= bytes;
  PARLEY_CHECK(bytes_ >= 0);
}

void CallGate::Leave(int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  bytes_ -= bytes;
  --num_calls_;
  PARLEY_CHECK(num_calls_ >= 0 && bytes_ >= 0);
}

void CallGate::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  last_refused_ = absl::Now();
}

bool CallGate::WaitUntilEmpty(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const auto empty = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return num_calls_ == 0;
  };
  return mutex_.AwaitWithDeadline(absl::Condition(&empty), deadline);
}

void CallGate::WaitUntilQuiet(absl::Duration quiet, absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  while (absl::Now() < std::min(last_refused_ + quiet, deadline)) {
    const absl::Time seen = last_refused_;
    const auto refused = [this, seen]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return last_refused_ != seen;
    };
    mutex_.AwaitWithDeadline(absl::Condition(&refused),
                             std::min(seen + quiet, deadline));
  }
}

}  // namespace parley
