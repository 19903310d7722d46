#include "engine/tokenizer/text/regex_class.h"

#include <cstdint>
#include <string_view>

#include "gtest/gtest.h"

namespace parley {
namespace {

void ExpectAll(std::u32string_view characters, RegexClass kind) {
  for (char32_t c : characters) {
    EXPECT_EQ(RegexClassOf(c), kind) << uint32_t{c};
  }
}

TEST(RegexClassTest, TellsCharactersApart) {
  ExpectAll(U"azAZéßЖ犬가ﬁ\u02B0\U00010330", RegexClass::kLetter);
  ExpectAll(U"09²½Ⅷ①٣४\U0001D7D9", RegexClass::kNumber);
  ExpectAll(U" \t\n\v\f\r\u0085\u00A0\u1680\u2003\u2028\u3000",
            RegexClass::kSpace);
  ExpectAll(U"!'_-\x01\u0301\u200B\u200D\uFEFF\uE000\U0001F600",
            RegexClass::kOther);
  EXPECT_EQ(RegexClassOf(0), RegexClass::kOther);
  EXPECT_EQ(RegexClassOf(0x10FFFF), RegexClass::kOther);
}

// As many as a search for each class with the Python package tokenizers 0.23.3
// finds in all characters. An ICU that knows more must not change them.
TEST(RegexClassTest, HasTheCharactersOfUnicode16) {
  int num_letters = 0, num_numbers = 0, num_spaces = 0;
  for (char32_t c = 0; c < 0x110000; ++c) {
    const RegexClass kind = RegexClassOf(c);
    num_letters += kind == RegexClass::kLetter;
    num_numbers += kind == RegexClass::kNumber;
    num_spaces += kind == RegexClass::kSpace;
  }
  EXPECT_EQ(num_letters, 141028);
  EXPECT_EQ(num_numbers, 1911);
  EXPECT_EQ(num_spaces, 25);
}

TEST(RegexClassTest, KnowsTheNewestCharacters) {
  EXPECT_EQ(RegexClassOf(0x1E5D0), RegexClass::kLetter);
  EXPECT_EQ(RegexClassOf(0x2EE5D), RegexClass::kLetter);
  EXPECT_EQ(RegexClassOf(0x2EE5E), RegexClass::kOther);
  EXPECT_EQ(RegexClassOf(0x1CCF9), RegexClass::kNumber);
}

}  // namespace
}  // namespace parley
