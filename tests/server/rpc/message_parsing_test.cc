#include "server/rpc/message_parsing.h"

#include <string>

#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "parley/v1/translation.pb.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

class MessageParsingTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { RouteProtobufLog(); }
};

TEST_F(MessageParsingTest, ReadsWhatWasWritten) {
  v1::TranslateRequest request;
  request.add_texts("Grüße");
  request.add_texts(std::string("a\0b", 3));
  request.mutable_options()->set_num_beams(3);
  grpc::ByteBuffer bytes;
  ASSERT_TRUE(SerializeMessage(request, &bytes).ok());
  v1::TranslateRequest read;
  ASSERT_TRUE(ParseMessage(&bytes, &read).ok());
  EXPECT_EQ(read.DebugString(), request.DebugString());
  // The bytes are still there for a second reader.
  v1::TranslateRequest again;
  ASSERT_TRUE(ParseMessage(&bytes, &again).ok());
  EXPECT_EQ(again.texts_size(), 2);
}

TEST_F(MessageParsingTest, TakesAnEmptyMessage) {
  grpc::ByteBuffer bytes = ToBuffer("");
  v1::TranslateRequest read;
  EXPECT_TRUE(ParseMessage(&bytes, &read).ok());
}

TEST_F(MessageParsingTest, NamesTheFieldThatIsNotUtf8) {
  // Field 2 (texts), two bytes.
  grpc::ByteBuffer bytes = ToBuffer("\x12\x02\xc3\x28");
  v1::TranslateRequest read;
  const absl::Status status = ParseMessage(&bytes, &read);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "parley.v1.TranslateRequest.texts is not valid UTF-8");
}

TEST_F(MessageParsingTest, NamesTheTypeOfWhatIsNoMessage) {
  for (const std::string& garbage :
       {std::string("\xff\xff\xff\xff"), std::string("\x12\x7fzz"),
        std::string("hello")}) {
    grpc::ByteBuffer bytes = ToBuffer(garbage);
    v1::TranslateRequest read;
    const absl::Status status = ParseMessage(&bytes, &read);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("parley.v1.TranslateRequest"));
  }
}

TEST_F(MessageParsingTest, NamesTheTypeThatIsMissing) {
  v1::TranslateRequest read;
  EXPECT_EQ(ParseMessage(nullptr, &read).code(),
            absl::StatusCode::kInvalidArgument);
  grpc::ByteBuffer none;
  EXPECT_EQ(ParseMessage(&none, &read).code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace parley
