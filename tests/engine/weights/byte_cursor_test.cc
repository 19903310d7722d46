#include "engine/weights/byte_cursor.h"

#include <cstdint>
#include <string>

#include "gtest/gtest.h"
#include "tests/engine/weights/file_bytes.h"

namespace parley {
namespace {

TEST(ByteCursorTest, ReadsLittleEndianFromFrontToBack) {
  const std::string bytes("\x01\x02\x03\xff\xff\xff\xff", 7);
  ByteCursor cursor(AsBytes(bytes));
  EXPECT_EQ(cursor.Read<uint8_t>(), 1);
  EXPECT_EQ(cursor.Read<uint16_t>(), 0x0302);
  EXPECT_EQ(cursor.position(), 3u);
  EXPECT_EQ(cursor.remaining(), 4u);
  EXPECT_EQ(cursor.Read<int32_t>(), -1);
  EXPECT_EQ(cursor.Read<uint8_t>(), std::nullopt);
}

TEST(ByteCursorTest, StaysWhereItIsWhenTooFewBytesRemain) {
  const std::string bytes = "abc";
  ByteCursor cursor(AsBytes(bytes));
  EXPECT_EQ(cursor.Read<uint32_t>(), std::nullopt);
  EXPECT_EQ(cursor.Take(4), std::nullopt);
  EXPECT_EQ(cursor.Take(UINT64_MAX), std::nullopt);
  EXPECT_EQ(cursor.position(), 0u);
  const auto taken = cursor.Take(3);
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(AsText(*taken), "abc");
  EXPECT_TRUE(cursor.Take(0).has_value());
}

TEST(ByteCursorTest, LineEndsAtItsNewlineWithinTheLimit) {
  const std::string bytes = "one\n\nthree";
  ByteCursor cursor(AsBytes(bytes));
  EXPECT_EQ(cursor.TakeLine(3), std::nullopt);
  EXPECT_EQ(cursor.TakeLine(4), "one");
  EXPECT_EQ(cursor.TakeLine(4), "");
  EXPECT_EQ(cursor.TakeLine(100), std::nullopt);
  EXPECT_EQ(cursor.remaining(), 5u);
}

}  // namespace
}  // namespace parley
