#include "client/retrying_call.h"

#include <gmock/gmock.h>
#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"

namespace parley::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// As the attempts here make no real calls, nothing else keeps gRPC running.
const std::shared_ptr<grpc::Channel> unused_channel =
    grpc::CreateChannel("127.0.0.1:1", grpc::InsecureChannelCredentials());

const grpc::Status kUnavailable(grpc::StatusCode::UNAVAILABLE, "gone");

RetryOptions Fast() {
  return {.initial_backoff = absl::Milliseconds(1),
          .max_backoff = absl::Milliseconds(2)};
}

// Runs a call whose n-th attempt ends with `outcomes[n]`.
struct Outcome {
  absl::Status status;
  int num_attempts = 0;
};
Outcome RunCall(RetryOptions retry, absl::Duration timeout,
                std::vector<grpc::Status> outcomes) {
  Outcome outcome;
  absl::Notification finished;
  auto call = std::make_shared<RetryingCall>(
      retry, absl::Now() + timeout,
      [&](grpc::ClientContext*, RetryingCall::AttemptDone done) {
        done(outcomes.at(outcome.num_attempts++));
      },
      [&](absl::Status status) {
        outcome.status = std::move(status);
        finished.Notify();
      });
  call->Start();
  finished.WaitForNotification();
  return outcome;
}

TEST(RetryingCall, EndsWithTheFirstSuccess) {
  const Outcome outcome =
      RunCall(Fast(), absl::Minutes(1),
              {kUnavailable,
               {grpc::StatusCode::RESOURCE_EXHAUSTED, "full"},
               grpc::Status::OK});
  EXPECT_TRUE(outcome.status.ok()) << outcome.status;
  EXPECT_EQ(outcome.num_attempts, 3);
}

TEST(RetryingCall, EndsWithAnErrorThatWaitingDoesNotHelp) {
  const Outcome outcome =
      RunCall(Fast(), absl::Minutes(1),
              {kUnavailable, {grpc::StatusCode::NOT_FOUND, "no such model"}});
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(outcome.status.message(), HasSubstr("no such model"));
  EXPECT_EQ(outcome.num_attempts, 2);
}

TEST(RetryingCall, GivesUpAfterItsAttempts) {
  RetryOptions retry = Fast();
  retry.max_unavailable_attempts = 3;
  const Outcome outcome = RunCall(retry, absl::Minutes(1),
                                  {kUnavailable, kUnavailable, kUnavailable});
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(outcome.status.message(), HasSubstr("gone (after 3 attempts)"));
}

TEST(RetryingCall, DoesNotWaitBeyondTheDeadline) {
  RetryOptions retry;
  retry.initial_backoff = retry.max_backoff = absl::Hours(2);
  const Outcome outcome = RunCall(retry, absl::Hours(1), {kUnavailable});
  EXPECT_EQ(outcome.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(outcome.num_attempts, 1);
}

TEST(RetryingCall, ItsDeadlineIsThatOfItsAttempts) {
  const absl::Time deadline = absl::FromUnixSeconds(4'000'000'000);
  std::vector<absl::Time> seen;
  absl::Notification finished;
  std::make_shared<RetryingCall>(
      Fast(), deadline,
      [&](grpc::ClientContext* context, RetryingCall::AttemptDone done) {
        seen.push_back(absl::FromChrono(context->deadline()));
        done(seen.size() < 2 ? kUnavailable : grpc::Status::OK);
      },
      [&](absl::Status status) { finished.Notify(); })
      ->Start();
  finished.WaitForNotification();
  EXPECT_THAT(seen, ElementsAre(deadline, deadline));
}

TEST(RetryingCall, CancelEndsAWait) {
  RetryOptions retry;
  retry.initial_backoff = retry.max_backoff = absl::Hours(1);
  absl::Status ended;
  absl::Notification attempted, finished;
  auto call = std::make_shared<RetryingCall>(
      retry, absl::Now() + absl::Hours(24),
      [&](grpc::ClientContext*, RetryingCall::AttemptDone done) {
        done(kUnavailable);
      },
      [&](absl::Status status) {
        ended = std::move(status);
        finished.Notify();
      });
  call->Start();  // The attempt ends inside, so the wait has begun.
  call->Cancel();
  call->Cancel();
  finished.WaitForNotification();
  EXPECT_EQ(ended.code(), absl::StatusCode::kCancelled);
}

TEST(RetryingCall, CancelBetweenAttemptAndWaitMakesNoFurtherAttempt) {
  int num_attempts = 0;
  absl::Notification finished;
  RetryingCall::AttemptDone pending;
  auto call = std::make_shared<RetryingCall>(
      Fast(), absl::Now() + absl::Hours(24),
      [&](grpc::ClientContext*, RetryingCall::AttemptDone done) {
        ++num_attempts;
        pending = std::move(done);
      },
      [&](absl::Status) { finished.Notify(); });
  call->Start();
  call->Cancel();
  std::exchange(pending, nullptr)(kUnavailable);
  finished.WaitForNotification();
  EXPECT_EQ(num_attempts, 1);
}

}  // namespace
}  // namespace parley::client
