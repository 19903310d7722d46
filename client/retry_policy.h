// When a call that failed is tried again, and how long that waits.
#ifndef PARLEY_CLIENT_RETRY_POLICY_H_
#define PARLEY_CLIENT_RETRY_POLICY_H_

#include <limits>
#include <optional>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace parley::client {

// Only two codes say that the same call may succeed later: UNAVAILABLE (nobody
// answered, or the server is going away) and RESOURCE_EXHAUSTED (its queue is
// full). Nothing else is ever retried, and nothing beyond the deadline.
struct RetryOptions {
  // Attempts at most, the first included, where each ended UNAVAILABLE: a
  // server that is not there is soon reported. 1 retries nothing.
  int max_unavailable_attempts = 5;
  // The same for RESOURCE_EXHAUSTED: a busy server is waited for until the
  // deadline.
  int max_exhausted_attempts = std::numeric_limits<int>::max();
  // The first wait; each further one is twice as long, up to `max_backoff`.
  absl::Duration initial_backoff = absl::Milliseconds(100);
  absl::Duration max_backoff = absl::Seconds(2);
};

// How long to wait before the next attempt, when `num_attempts` (at least 1)
// have been made, the last of which ended with `status`; nothing where that is
// the answer. `jitter`, in [0, 1), takes up to half of the wait away, so that
// clients turned away together do not come back together. Never less than what
// `status` says (base/retry_after.h).
std::optional<absl::Duration> RetryDelay(const RetryOptions& options,
                                         const absl::Status& status,
                                         int num_attempts, double jitter);
// With a jitter drawn at random.
std::optional<absl::Duration> RetryDelay(const RetryOptions& options,
                                         const absl::Status& status,
                                         int num_attempts);

// The end of `num_attempts`: says in the message of an error how many they
// were, where they were several.
absl::Status WithAttempts(const absl::Status& status, int num_attempts);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_RETRY_POLICY_H_
