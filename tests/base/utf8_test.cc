#include "base/utf8.h"

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

// By the arithmetic of RFC 3629, section 3, for any value below 2^21.
std::string Encode(uint32_t point) {
  const auto byte = [](uint32_t value) { return static_cast<char>(value); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) {
    return {byte(0xC0 | point >> 6), byte(0x80 | (point & 0x3F))};
  }
  if (point < 0x10000) {
    return {byte(0xE0 | point >> 12), byte(0x80 | (point >> 6 & 0x3F)),
            byte(0x80 | (point & 0x3F))};
  }
  return {byte(0xF0 | point >> 18), byte(0x80 | (point >> 12 & 0x3F)),
          byte(0x80 | (point >> 6 & 0x3F)), byte(0x80 | (point & 0x3F))};
}

constexpr absl::string_view kReplacement = "\xEF\xBF\xBD";

TEST(Utf8Test, EveryCodePointIsValidButSurrogatesAndBeyondTheLast) {
  for (uint32_t point = 0; point < 0x120000; ++point) {
    const std::string text = Encode(point);
    const bool valid =
        point <= 0x10FFFF && !(point >= 0xD800 && point <= 0xDFFF);
    ASSERT_EQ(Utf8CharacterBytes(text), valid ? text.size() : 0) << point;
    ASSERT_EQ(ValidUtf8PrefixBytes(text), valid ? text.size() : 0) << point;
    ASSERT_EQ(MakeValidUtf8(text) == text, valid) << point;
  }
}

TEST(Utf8Test, CutCharacterIsNotValid) {
  for (const uint32_t point : {0x80u, 0x7FFu, 0x800u, 0xFFFFu, 0x10000u}) {
    const std::string text = Encode(point);
    for (size_t size = 0; size < text.size(); ++size) {
      EXPECT_EQ(Utf8CharacterBytes(text.substr(0, size)), 0u) << point;
    }
    // What follows does not matter.
    EXPECT_EQ(Utf8CharacterBytes(text + "\xff"), text.size());
  }
}

TEST(Utf8Test, PairsOfBytesAreValidOnlyWhereTheyAreCharacters) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      const std::string text = {static_cast<char>(first),
                                static_cast<char>(second)};
      const bool two_ascii = first < 0x80 && second < 0x80;
      const bool one_of_two =
          first >= 0xC2 && first <= 0xDF && second >= 0x80 && second <= 0xBF;
      EXPECT_EQ(ValidUtf8PrefixBytes(text) == 2, two_ascii || one_of_two)
          << first << " " << second;
    }
  }
}

TEST(Utf8Test, OverlongFormsAreNotValid) {
  for (const absl::string_view text :
       {"\xC0\xAF", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF"}) {
    EXPECT_EQ(Utf8CharacterBytes(text), 0u);
  }
}

TEST(Utf8Test, PrefixEndsBeforeTheFirstInvalidByte) {
  EXPECT_EQ(ValidUtf8PrefixBytes(""), 0u);
  EXPECT_EQ(ValidUtf8PrefixBytes("abc"), 3u);
  EXPECT_EQ(ValidUtf8PrefixBytes(absl::string_view("a\0b", 3)), 3u);
  EXPECT_EQ(ValidUtf8PrefixBytes("gr\xC3\xBC\xC3"), 4u);
  EXPECT_EQ(ValidUtf8PrefixBytes("a\x80z"), 1u);
}

TEST(Utf8Test, EachMaximalInvalidPartIsReplacedOnce) {
  const auto replaced = [](absl::string_view pattern) {
    std::string text;
    for (const char c : pattern) {
      if (c == '?') {
        text.append(kReplacement.data(), kReplacement.size());
      } else {
        text.push_back(c);
      }
    }
    return text;
  };
  EXPECT_EQ(MakeValidUtf8(""), "");
  // The Unicode Standard, tables 3-8 to 3-11.
  EXPECT_EQ(MakeValidUtf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            replaced("????????A"));
  EXPECT_EQ(MakeValidUtf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"),
            replaced("????????A"));
  EXPECT_EQ(MakeValidUtf8("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            replaced("?????A??B"));
  EXPECT_EQ(MakeValidUtf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"),
            replaced("????A"));
  EXPECT_EQ(MakeValidUtf8("a\xF0\x9F\x98"), replaced("a?"));
}

}  // namespace
}  // namespace parley
