#include "engine/tokenizer/wire_reader.h"

#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/crafted_model.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

TEST(WireReaderTest, ReadsFields) {
  const std::string message =
      WireNumber(1, std::numeric_limits<uint64_t>::max()) + WireBytes(2, "ab") +
      WireFloat(3, -1.5f) + WireTag(536870911, 1) +
      std::string("\1\0\0\0\0\0\0\x80", 8);
  WireReader reader(message);
  WireField field;
  ASSERT_TRUE(reader.Next(&field).ok());
  EXPECT_EQ(field.number, 1u);
  EXPECT_EQ(field.value, std::numeric_limits<uint64_t>::max());
  EXPECT_TRUE(ExpectWireType(field, WireType::kVarint, "x").ok());
  ASSERT_TRUE(reader.Next(&field).ok());
  EXPECT_EQ(field.type, WireType::kBytes);
  EXPECT_EQ(field.bytes, "ab");
  ASSERT_TRUE(reader.Next(&field).ok());
  EXPECT_EQ(field.type, WireType::k32);
  EXPECT_EQ(field.AsFloat(), -1.5f);
  EXPECT_EQ(field.bytes, "");
  ASSERT_TRUE(reader.Next(&field).ok());
  EXPECT_EQ(field.number, 536870911u);
  EXPECT_EQ(field.value, uint64_t{0x8000000000000001});
  EXPECT_TRUE(reader.done());
}

TEST(WireReaderTest, NamesTheTypeThatIsWrong) {
  const absl::Status status =
      ExpectWireType({.type = WireType::k64}, WireType::kBytes, "piece");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "piece is of wire type 1, expected 2");
}

void ExpectRefused(absl::string_view message, const std::string& error) {
  WireReader reader(message);
  WireField field;
  const absl::Status status = reader.Next(&field);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << error;
  EXPECT_THAT(status.message(), HasSubstr(error));
}

TEST(WireReaderTest, RefusesMalformedFields) {
  ExpectRefused("\x80", "ends inside a number");
  ExpectRefused("\x08", "ends inside a number");
  ExpectRefused(std::string("\x08") + std::string(11, '\x80'),
                "longer than ten bytes");
  ExpectRefused(
      "\x09"
      "1234567",
      "ends inside a number");
  ExpectRefused(
      "\x0D"
      "123",
      "ends inside a number");
  ExpectRefused(
      "\x0A\x03"
      "ab",
      "a field of 3 bytes has only 2 left");
  ExpectRefused(std::string("\x0A") + WireVarint(uint64_t{1} << 63),
                "has only 0 left");
  ExpectRefused("\x0B", "a field is of wire type 3");
  ExpectRefused(WireVarint(0), "number is out of range");
  ExpectRefused(WireVarint(uint64_t{1} << 32), "number is out of range");
}

}  // namespace
}  // namespace parley
