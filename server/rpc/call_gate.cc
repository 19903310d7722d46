#include "server/rpc/call_gate.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "server/batching/throughput.h"

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
  if (closed_) return absl::UnavailableError("the server is going down");
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

void CallGate::Leave(int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  bytes_ -= bytes;
  --num_calls_;
  PARLEY_CHECK(num_calls_ >= 0 && bytes_ >= 0);
}

void CallGate::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

bool CallGate::WaitUntilEmpty(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  const auto empty = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return num_calls_ == 0;
  };
  return mutex_.AwaitWithDeadline(absl::Condition(&empty), deadline);
}

}  // namespace parley
