// One call with a deadline, made again where that may help.
#ifndef PARLEY_CLIENT_RETRYING_CALL_H_
#define PARLEY_CLIENT_RETRYING_CALL_H_

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "client/retry_policy.h"

namespace parley::client {

// Runs attempts, one at a time, until one succeeds, fails for good, or the
// deadline leaves no time for another.
//
// Threads: Start once; Cancel from any thread, any number of times. `done` runs
// exactly once, on a thread of gRPC's, and may not block for long.
// The call keeps itself alive from Start until `done` has returned; the caller
// keeps the channel alive as long, since gRPC must not start again on one of
// its own threads.
class RetryingCall : public std::enable_shared_from_this<RetryingCall> {
 public:
  using AttemptDone = std::function<void(grpc::Status)>;
  // Starts one attempt with the given context, which lives until the attempt's
  // AttemptDone has been called.
  using Attempt = std::function<void(grpc::ClientContext*, AttemptDone)>;
  using Done = absl::AnyInvocable<void(absl::Status)>;

  // `deadline` is that of all attempts and waits.
  RetryingCall(RetryOptions retry, absl::Time deadline, Attempt attempt,
               Done done);

  void Start();

  // Ends the call soon, with CANCELLED unless it has just ended otherwise.
  void Cancel();

 private:
  void RunAttempt();
  void FinishAttempt(const grpc::Status& grpc_status);
  // True where another attempt has been scheduled.
  bool ScheduleRetry(const absl::Status& status);
  void FinishWait(bool expired);

  const RetryOptions retry_;
  const absl::Time deadline_;
  const Attempt attempt_;
  Done done_;             // Called by the last attempt or wait.
  int num_attempts_ = 0;  // Written by the attempts, which follow one another.

  absl::Mutex mutex_;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  // What Cancel has to end; each is null while it is not under way. They are
  // shared because they must outlive Cancel's use outside of the lock: gRPC
  // may run callbacks of ours inside it.
  std::shared_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<grpc::Alarm> wait_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley::client

#endif  // PARLEY_CLIENT_RETRYING_CALL_H_
