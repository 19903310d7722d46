#include "engine/tokenizer/text/unicode_properties.h"

#include <vector>

#include "gtest/gtest.h"

namespace parley {
namespace {

using Property = bool (*)(char32_t);

void ExpectAll(Property property, const std::vector<char32_t>& characters,
               bool expected) {
  for (char32_t c : characters) {
    EXPECT_EQ(property(c), expected) << "U+" << std::hex << uint32_t{c};
  }
}

int CountAll(Property property) {
  int count = 0;
  for (char32_t c = 0; c <= 0x10FFFF; ++c) {
    if (c < 0xD800 || c > 0xDFFF) count += property(c) ? 1 : 0;
  }
  return count;
}

// The counts are those of Hugging Face's tokenizers 0.23.3 over all characters.
TEST(UnicodePropertiesTest, Whitespace) {
  ExpectAll(IsWhitespace, {' ', '\t', 0x0B, 0x85, 0xA0, 0x2028, 0x3000}, true);
  ExpectAll(IsWhitespace, {0x1C, 0x180E, 0x200B, 0xFEFF, 'a'}, false);
  EXPECT_EQ(CountAll(IsWhitespace), 25);
}

TEST(UnicodePropertiesTest, OtherCategory) {
  ExpectAll(
      IsOtherCategory,
      {0, 0x1F, 0x7F, 0x85, 0xAD, 0x200B, 0xE001, 0x110BD, 0xE0001, 0x10FFFD},
      true);
  // Newer than Unicode 8, or not assigned.
  ExpectAll(IsOtherCategory, {0x890, 0x8E2, 0x110CD, 0x13430, 0x378, 0x10FFFE},
            false);
  EXPECT_EQ(CountAll(IsOtherCategory), 137683);
}

TEST(UnicodePropertiesTest, Punctuation) {
  ExpectAll(IsPunctuation, {'!', '$', '`', '~', 0xA7, 0x166D, 0x111C9, 0x3001},
            true);
  ExpectAll(IsPunctuation, {'a', '0', ' ', 0xA9, 0x20AC, 0x2E4F, 0x7F}, false);
  EXPECT_EQ(CountAll(IsPunctuation), 726);
}

TEST(UnicodePropertiesTest, Marks) {
  ExpectAll(IsNonspacingMark, {0x300, 0x5B0, 0x1734, 0x302A, 0x1DA00}, true);
  ExpectAll(IsNonspacingMark, {0x903, 0x1885, 0x1886, 0xA9BD, 0x8D4, 0x1AC1},
            false);
  ExpectAll(IsMark, {0x300, 0x488, 0x903, 0x1CF2, 0x8D4}, true);
  ExpectAll(IsMark, {'a', 0x111C9, 0x7FD}, false);
  EXPECT_EQ(CountAll(IsNonspacingMark), 1567);
  EXPECT_EQ(CountAll(IsMark), 2097);
}

TEST(UnicodePropertiesTest, NumbersAndWords) {
  ExpectAll(IsNumeric, {'7', 0xBD, 0x2167, 0x3007, 0x10D40, 0x1E5FA}, true);
  ExpectAll(IsNumeric, {'a', 0x1E5FB, 0x4E00}, false);
  ExpectAll(IsWordCharacter, {'a', '_', '9', 0x301, 0x200D, 0x897, 0x2EBF0},
            true);
  ExpectAll(IsWordCharacter, {'-', ' ', 0xBD, 0x2EE5E, 0x1F600}, false);
  EXPECT_EQ(CountAll(IsNumeric), 1924);
  EXPECT_EQ(CountAll(IsWordCharacter), 144667);
}

TEST(UnicodePropertiesTest, ChineseBlocks) {
  ExpectAll(IsChineseCharacter, {0x3400, 0x4E00, 0x9FFF, 0xF900, 0x2B920},
            true);
  // Kana, hangul, the gap of the list, and a newer block.
  ExpectAll(IsChineseCharacter, {0x3042, 0xAC00, 0x2B820, 0x30000, 0x3007},
            false);
}

TEST(UnicodePropertiesTest, LowerCase) {
  const auto lower = [](char32_t c) { return ToLowerCase(c).first; };
  EXPECT_EQ(lower('A'), U'a');
  EXPECT_EQ(lower('['), U'[');
  EXPECT_EQ(lower(0xC9), 0xE9u);
  EXPECT_EQ(lower(0x3A3), 0x3C3u);
  EXPECT_EQ(lower(0x130), U'i');
  EXPECT_EQ(ToLowerCase(0x130).second, 0x307u);
  // Newer than ICU's.
  EXPECT_EQ(lower(0xA7CB), 0x264u);
  EXPECT_EQ(lower(0xA7CC), 0xA7CDu);
  EXPECT_EQ(lower(0xA7CD), 0xA7CDu);
  EXPECT_EQ(lower(0xA7CE), 0xA7CFu);
  EXPECT_EQ(lower(0x16EB8), 0x16ED3u);
}

TEST(UnicodePropertiesTest, NormalForms) {
  EXPECT_TRUE(HasNormalForm(0x301));
  EXPECT_TRUE(HasNormalForm(0x1E943));   // Of Unicode 9.
  EXPECT_FALSE(HasNormalForm(0x11938));  // Of Unicode 13.
}

}  // namespace
}  // namespace parley
