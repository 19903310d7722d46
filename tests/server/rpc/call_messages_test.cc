#include "server/rpc/call_messages.h"

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(UnknownValueTest, NamesFieldAndType) {
  EXPECT_EQ(UnknownValue("options.split", 9, "parley.v1.Split"),
            absl::InvalidArgumentError(
                "options.split: 9 is no value of parley.v1.Split"));
}

TEST(ToProtoTest, KeepsNanoseconds) {
  const v1::Timing timing =
      ToProto({.tokenize = absl::Nanoseconds(1),
               .queue = absl::Seconds(2) + absl::Nanoseconds(3),
               .compute = absl::ZeroDuration()});
  EXPECT_EQ(timing.tokenize().nanos(), 1);
  EXPECT_EQ(timing.queue().seconds(), 2);
  EXPECT_EQ(timing.queue().nanos(), 3);
  EXPECT_TRUE(timing.has_compute());
}

}  // namespace
}  // namespace parley
