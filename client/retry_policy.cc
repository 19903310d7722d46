#include "client/retry_policy.h"

#include <algorithm>
#include <cmath>

#include "absl/random/random.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/retry_after.h"

namespace parley::client {
namespace {

int MaxAttempts(const RetryOptions& options, const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return options.max_unavailable_attempts;
    case absl::StatusCode::kResourceExhausted:
      // gRPC says the same of a message over a size limit, which does not
      // shrink by waiting: "Received message larger than max (9 vs. 4)".
      if (absl::StrContains(status.message(), "message larger than max")) {
        return 1;
      }
      return options.max_exhausted_attempts;
    default:
      return 1;
  }
}

}  // namespace

std::optional<absl::Duration> RetryDelay(const RetryOptions& options,
                                         const absl::Status& status,
                                         int num_attempts, double jitter) {
  if (status.ok() || num_attempts >= MaxAttempts(options, status)) {
    return std::nullopt;
  }
  // 2^30 waits are longer than any `max_backoff` that makes sense, and the
  // product of a Duration saturates.
  const int doublings = std::clamp(num_attempts - 1, 0, 30);
  const absl::Duration full =
      std::min(options.max_backoff,
               options.initial_backoff * std::ldexp(1.0, doublings));
  // The server knows better, and has put chance into it.
  return std::max(full * (1.0 - 0.5 * jitter),
                  GetRetryAfter(status).value_or(absl::ZeroDuration()));
}

std::optional<absl::Duration> RetryDelay(const RetryOptions& options,
                                         const absl::Status& status,
                                         int num_attempts) {
  absl::BitGen random;
  return RetryDelay(options, status, num_attempts,
                    absl::Uniform(random, 0.0, 1.0));
}

absl::Status WithAttempts(const absl::Status& status, int num_attempts) {
  if (status.ok() || num_attempts <= 1) return status;
  return absl::Status(status.code(), absl::StrCat(status.message(), " (after ",
                                                  num_attempts, " attempts)"));
}

}  // namespace parley::client
