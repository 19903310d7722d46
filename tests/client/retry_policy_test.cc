#include "client/retry_policy.h"

#include <gtest/gtest.h>

#include "base/retry_after.h"

namespace parley::client {
namespace {

const absl::Status kUnavailable = absl::UnavailableError("nobody there");
const absl::Status kExhausted = absl::ResourceExhaustedError("queue full");

TEST(RetryDelay, DoublesUpToTheLimit) {
  const RetryOptions options = {.max_unavailable_attempts = 100,
                                .initial_backoff = absl::Milliseconds(100),
                                .max_backoff = absl::Milliseconds(500)};
  const auto delay = [&](int num_attempts) {
    return RetryDelay(options, kUnavailable, num_attempts, /*jitter=*/0);
  };
  EXPECT_EQ(delay(1), absl::Milliseconds(100));
  EXPECT_EQ(delay(2), absl::Milliseconds(200));
  EXPECT_EQ(delay(3), absl::Milliseconds(400));
  EXPECT_EQ(delay(4), absl::Milliseconds(500));
  EXPECT_EQ(delay(99), absl::Milliseconds(500));
}

TEST(RetryDelay, JitterTakesUpToHalfAway) {
  const RetryOptions options = {.initial_backoff = absl::Milliseconds(100)};
  EXPECT_EQ(RetryDelay(options, kUnavailable, 1, 0.5), absl::Milliseconds(75));
  EXPECT_GE(RetryDelay(options, kUnavailable, 1, 0.999),
            absl::Milliseconds(50));
}

TEST(RetryDelay, DrawsItsJitter) {
  const RetryOptions options = {.initial_backoff = absl::Milliseconds(100)};
  for (int i = 0; i < 100; ++i) {
    const auto delay = RetryDelay(options, kUnavailable, 1);
    ASSERT_TRUE(delay.has_value());
    EXPECT_GE(*delay, absl::Milliseconds(50));
    EXPECT_LE(*delay, absl::Milliseconds(100));
  }
  EXPECT_FALSE(RetryDelay(options, absl::InternalError(""), 1).has_value());
}

TEST(WithAttempts, CountsSeveral) {
  EXPECT_TRUE(WithAttempts(absl::OkStatus(), 3).ok());
  EXPECT_EQ(WithAttempts(kUnavailable, 1), kUnavailable);
  EXPECT_EQ(WithAttempts(kUnavailable, 3),
            absl::UnavailableError("nobody there (after 3 attempts)"));
}

TEST(RetryDelay, EachCodeHasItsOwnLimit) {
  const RetryOptions options = {.max_unavailable_attempts = 2,
                                .max_exhausted_attempts = 3};
  EXPECT_TRUE(RetryDelay(options, kUnavailable, 1, 0).has_value());
  EXPECT_FALSE(RetryDelay(options, kUnavailable, 2, 0).has_value());
  EXPECT_TRUE(RetryDelay(options, kExhausted, 2, 0).has_value());
  EXPECT_FALSE(RetryDelay(options, kExhausted, 3, 0).has_value());
}

TEST(RetryDelay, ABusyServerIsWaitedForWithoutALimit) {
  EXPECT_TRUE(RetryDelay({}, kExhausted, 1'000'000, 0).has_value());
}

TEST(RetryDelay, NothingElseIsRetried) {
  EXPECT_FALSE(RetryDelay({}, absl::OkStatus(), 1, 0).has_value());
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "");
    const bool retried = status.code() == absl::StatusCode::kUnavailable ||
                         status.code() == absl::StatusCode::kResourceExhausted;
    EXPECT_EQ(RetryDelay({}, status, 1, 0).has_value(), retried) << status;
  }
}

TEST(RetryDelay, WaitsAsLongAsTheServerSays) {
  absl::Status status = kExhausted;
  SetRetryAfter(absl::Seconds(7), &status);
  EXPECT_EQ(RetryDelay({}, status, 1, 0.5), absl::Seconds(7));
  SetRetryAfter(absl::Milliseconds(1), &status);
  EXPECT_EQ(RetryDelay({}, status, 1, 0), absl::Milliseconds(100));
}

TEST(RetryDelay, AMessageThatIsTooLargeStaysSo) {
  const absl::Status status = absl::ResourceExhaustedError(
      "SERVER: Received message larger than max (9 vs. 4)");
  EXPECT_FALSE(RetryDelay({}, status, 1, 0).has_value());
}

}  // namespace
}  // namespace parley::client
