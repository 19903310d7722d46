#include "base/retry_after.h"

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(RetryAfterTest, TravelsWithAStatus) {
  absl::Status status = absl::ResourceExhaustedError("full");
  EXPECT_FALSE(GetRetryAfter(status));
  SetRetryAfter(absl::Milliseconds(1500), &status);
  EXPECT_EQ(GetRetryAfter(status), absl::Milliseconds(1500));
  EXPECT_EQ(status.message(), "full");
}

}  // namespace
}  // namespace parley
