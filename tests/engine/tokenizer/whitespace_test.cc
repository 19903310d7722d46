#include "engine/tokenizer/whitespace.h"

#include <cstdint>
#include <iterator>
#include <string>

#include "gtest/gtest.h"

namespace parley {
namespace {

std::string Utf8(uint32_t c) {
  std::string text;
  if (c < 0x80) {
    text.push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    text.push_back(static_cast<char>(0xC0 | c >> 6));
    text.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  } else {
    text.push_back(static_cast<char>(0xE0 | c >> 12));
    text.push_back(static_cast<char>(0x80 | (c >> 6 & 0x3F)));
    text.push_back(static_cast<char>(0x80 | (c & 0x3F)));
  }
  return text;
}

// [c for c in range(0x10000) if chr(c).isspace()] in Python 3.11.
constexpr uint32_t kSpaces[] = {9,    10,   11,   12,   13,   28,   29,   30,
                                31,   32,   133,  160,  5760, 8192, 8193, 8194,
                                8195, 8196, 8197, 8198, 8199, 8200, 8201, 8202,
                                8232, 8233, 8239, 8287, 12288};

TEST(WhitespaceTest, StripsWhatPythonStripsAndNothingElse) {
  auto next = std::begin(kSpaces);
  for (uint32_t c = 0; c < 0x10000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const std::string character = Utf8(c);
    const bool space = next != std::end(kSpaces) && *next == c;
    if (space) ++next;
    EXPECT_EQ(StripLeadingWhitespace(character + "x").size(),
              space ? 1 : character.size() + 1)
        << c;
    EXPECT_EQ(StripTrailingWhitespace("x" + character).size(),
              space ? 1 : character.size() + 1)
        << c;
  }
  EXPECT_EQ(next, std::end(kSpaces));
}

TEST(WhitespaceTest, StripsOneSideOrBoth) {
  const std::string text = " \t\u00A0x \u3000 y\u2028\n ";
  EXPECT_EQ(StripLeadingWhitespace(text), "x \u3000 y\u2028\n ");
  EXPECT_EQ(StripTrailingWhitespace(text), " \t\u00A0x \u3000 y");
  EXPECT_EQ(StripWhitespace(text), "x \u3000 y");
  EXPECT_EQ(StripWhitespace(" \n\u2003"), "");
  EXPECT_EQ(StripWhitespace(""), "");
}

TEST(WhitespaceTest, LeavesOtherBytesAlone) {
  for (absl::string_view text :
       {"\x85", "\xA0", "\xC2", "\xE3\x80", "\xC0\xA0", "\xF0\x80\x80\xA0",
        "\x80\x80\x80", "\xF5\xA0\x85", "\xE1\x9A\xC2"}) {
    EXPECT_EQ(StripWhitespace(text), text);
  }
  // The front of one character is no end of another.
  EXPECT_EQ(StripWhitespace("\u4E85"), "\u4E85");
}

}  // namespace
}  // namespace parley
