#include "server/rpc/status_conversion.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/retry_after.h"
#include "base/utf8.h"
#include "google/rpc/error_details.pb.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(StatusConversionTest, KeepsEveryCode) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_EQ(ToRpcStatus(absl::OkStatus()).code(), 0);
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "why");
    EXPECT_EQ(ToGrpcStatus(status).error_code(), code);
    EXPECT_EQ(ToGrpcStatus(status).error_message(), "why");
    EXPECT_EQ(ToRpcStatus(status).code(), code);
    EXPECT_EQ(ToRpcStatus(status).message(), "why");
  }
}

TEST(StatusConversionTest, SaysWhenToTryAgain) {
  absl::Status status = absl::ResourceExhaustedError("full");
  EXPECT_EQ(ToGrpcStatus(status).error_details(), "");
  SetRetryAfter(absl::Seconds(10), &status);
  google::rpc::Status details;
  ASSERT_TRUE(details.ParseFromString(ToGrpcStatus(status).error_details()));
  EXPECT_EQ(details.code(), 8);
  EXPECT_EQ(details.message(), "full");
  for (const google::rpc::Status& proto : {details, ToRpcStatus(status)}) {
    ASSERT_EQ(proto.details_size(), 1);
    google::rpc::RetryInfo info;
    ASSERT_TRUE(proto.details(0).UnpackTo(&info));
    EXPECT_GE(info.retry_delay().seconds(), 10);
    EXPECT_LE(info.retry_delay().seconds(), 15);
  }
}

TEST(StatusConversionTest, ACodeOutsideTheListIsUnknown) {
  const absl::Status status(static_cast<absl::StatusCode>(99), "why");
  EXPECT_EQ(ToGrpcStatus(status).error_code(), grpc::StatusCode::UNKNOWN);
}

TEST(StatusConversionTest, CutsLongMessagesAtACharacter) {
  const std::string euro = "\xE2\x82\xAC";
  for (int shift = 0; shift < 3; ++shift) {
    std::string message(shift, 'x');
    for (int i = 0; i < 2000; ++i) message += euro;
    const std::string wire =
        ToGrpcStatus(absl::InvalidArgumentError(message)).error_message();
    EXPECT_LE(wire.size(), kMaxStatusMessageBytes);
    EXPECT_GT(wire.size(), kMaxStatusMessageBytes - 3);
    EXPECT_EQ(wire.substr(wire.size() - 6), euro + "...");
  }
  const std::string fits(kMaxStatusMessageBytes, 'x');
  EXPECT_EQ(ToGrpcStatus(absl::InternalError(fits)).error_message(), fits);
}

TEST(StatusConversionTest, MakesMessagesValidUtf8) {
  const absl::Status status = absl::InvalidArgumentError("bad \xff byte");
  EXPECT_EQ(ToRpcStatus(status).message(), "bad \xEF\xBF\xBD byte");
  const absl::Status endless =
      absl::InvalidArgumentError(std::string(5000, '\x80'));
  const std::string wire = ToRpcStatus(endless).message();
  EXPECT_EQ(ValidUtf8PrefixBytes(wire), wire.size());
}

}  // namespace
}  // namespace parley
