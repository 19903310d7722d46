// Counts the calls that are in the server: bounds them, and lets a drain wait
// for the last.
#ifndef PARLEY_SERVER_RPC_CALL_GATE_H_
#define PARLEY_SERVER_RPC_CALL_GATE_H_

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace parley {

// Thread-safe.
class CallGate {
 public:
  struct Limits {
    // Of the requests of all calls inside, together, and of answers that are
    // large for their requests.
    int64_t max_bytes = int64_t{256} << 20;
    int64_t max_calls = 4096;
  };

  explicit CallGate(const Limits& limits) : limits_(limits) {}

  // Lets a call with a request of `bytes` in. RESOURCE_EXHAUSTED, with a hint
  // when to try again, where the call or its bytes do not fit now, UNAVAILABLE
  // once closed.
  absl::Status Enter(int64_t bytes);

  // Adds `bytes` to a call that is inside, closed or not. RESOURCE_EXHAUSTED
  // where they do not fit now.
  absl::Status Grow(int64_t bytes);

  // Takes away `bytes` of those that Enter and Grow added to a call.
  void Shrink(int64_t bytes);

  // REQUIRES: one Enter was OK, which has not been left, and `bytes` is all
  // that it and Grow added for the call, less what Shrink took away.
  void Leave(int64_t bytes);

  // Lets nobody in from now on.
  void Close();

  // Waits until all have left; false where they had not by `deadline`.
  bool WaitUntilEmpty(absl::Time deadline);

  // Waits until nobody has been refused for `quiet`, and not beyond `deadline`.
  // REQUIRES: closed, from when on it counts.
  void WaitUntilQuiet(absl::Duration quiet, absl::Time deadline);

 private:
  absl::Status Add(int64_t bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Limits limits_;
  absl::Mutex mutex_;
  int64_t num_calls_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time last_refused_ ABSL_GUARDED_BY(mutex_);  // Or when it was closed.
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_CALL_GATE_H_
