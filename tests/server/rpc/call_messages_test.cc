#include "server/rpc/call_messages.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "parley/v1/model.pb.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

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

TEST(SerializeAnswerTest, BoundsTheAnswer) {
  v1::Model message;
  message.set_name(std::string(100, 'a'));
  grpc::ByteBuffer bytes;
  EXPECT_TRUE(
      SerializeAnswer(message, {.max_response_bytes = 102}, &bytes).ok());
  EXPECT_EQ(bytes.Length(), 102);
  const absl::Status status =
      SerializeAnswer(message, {.max_response_bytes = 101}, &bytes);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("102 bytes"));
}

}  // namespace
}  // namespace parley
