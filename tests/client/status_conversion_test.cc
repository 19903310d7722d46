#include "client/status_conversion.h"

#include <gtest/gtest.h>

#include "base/retry_after.h"
#include "google/rpc/error_details.pb.h"

namespace parley::client {
namespace {

google::rpc::Status FullFor(absl::Duration delay) {
  google::rpc::RetryInfo info;
  info.mutable_retry_delay()->set_seconds(absl::ToInt64Seconds(delay));
  info.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(delay % absl::Seconds(1))));
  google::rpc::Status status;
  status.set_code(8);
  status.set_message("full");
  status.add_details()->PackFrom(google::rpc::Status());
  status.add_details()->PackFrom(info);
  return status;
}

TEST(ToAbslStatus, KeepsWhenToTryAgain) {
  const google::rpc::Status full = FullFor(absl::Milliseconds(3500));
  for (const absl::Status& status :
       {ToAbslStatus(full),
        ToAbslStatus(grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED, "full",
                                  full.SerializeAsString()))}) {
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_EQ(status.message(), "full");
    EXPECT_EQ(GetRetryAfter(status), absl::Milliseconds(3500));
  }
}

TEST(ToAbslStatus, DetailsThatCannotBeReadAreNone) {
  const absl::Status status =
      ToAbslStatus(grpc::Status(grpc::StatusCode::INTERNAL, "x", "?"));
  EXPECT_EQ(status, absl::InternalError("x"));
  EXPECT_FALSE(GetRetryAfter(status).has_value());
}

TEST(ToAbslStatus, KeepsCodesAndMessagesOfCalls) {
  EXPECT_TRUE(ToAbslStatus(grpc::Status::OK).ok());
  EXPECT_EQ(ToAbslStatus(grpc::Status(grpc::StatusCode::DATA_LOSS, "lost")),
            absl::DataLossError("lost"));
  EXPECT_EQ(
      ToAbslStatus(grpc::Status(grpc::StatusCode::DO_NOT_USE, "?")).code(),
      absl::StatusCode::kUnknown);
}

TEST(ToAbslStatus, KeepsCodesAndMessagesOfItems) {
  google::rpc::Status status;
  EXPECT_TRUE(ToAbslStatus(status).ok());
  status.set_code(8);
  status.set_message("busy");
  EXPECT_EQ(ToAbslStatus(status), absl::ResourceExhaustedError("busy"));
  for (const int code : {-4, 17}) {
    status.set_code(code);
    EXPECT_TRUE(absl::IsUnknown(ToAbslStatus(status)));
  }
}

}  // namespace
}  // namespace parley::client
