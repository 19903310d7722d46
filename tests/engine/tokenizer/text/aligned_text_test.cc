#include "engine/tokenizer/text/aligned_text.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(AlignedTextTest, TiesEachCharacterToItself) {
  const AlignedText text("a\xC3\xA4z", 10);
  EXPECT_EQ(text.text, "a\xC3\xA4z");
  ASSERT_EQ(text.origin.size(), 4);
  EXPECT_EQ(text.OriginOf(0, 1).begin, 10);
  EXPECT_EQ(text.OriginOf(1, 2).begin, 11);
  EXPECT_EQ(text.OriginOf(1, 2).end, 13);
  EXPECT_EQ(text.OriginOf(0, 4).end, 14);
}

TEST(AlignedTextTest, KeepsOriginsInParts) {
  AlignedText text;
  text.Append("ss", {.begin = 3, .end = 5});
  text.Append("t", {.begin = 5, .end = 6});
  const AlignedText part = text.Part(1, 3);
  EXPECT_EQ(part.text, "st");
  EXPECT_EQ(part.OriginOf(0, 1).begin, 3);
  EXPECT_EQ(part.OriginOf(0, 2).end, 6);
}

}  // namespace
}  // namespace parley
