#include "server/pipeline/stable_text.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

std::string Stable(const std::string& decoded) {
  return decoded.substr(0, StablePrefixBytes(decoded));
}

TEST(StablePrefixBytesTest, WordsStayAsTheyAre) {
  EXPECT_EQ(Stable(""), "");
  EXPECT_EQ(Stable("word"), "word");
  EXPECT_EQ(Stable("\xC3\xA4"), "\xC3\xA4");
  EXPECT_EQ(Stable("some words"), "some words");
}

TEST(StablePrefixBytesTest, ASpaceIsHeldBackUntilItsWordHasBegun) {
  EXPECT_EQ(Stable("a b"), "a");
  EXPECT_EQ(Stable("a bcde"), "a");
  EXPECT_EQ(Stable("a bcdef"), "a bcdef");
  EXPECT_EQ(Stable("ab cd ef gh"), "ab cd ef");
}

TEST(StablePrefixBytesTest, BytesOfACharacterAreHeldBack) {
  EXPECT_EQ(Stable("ab\uFFFD"), "ab");
  EXPECT_EQ(Stable("ab\uFFFD\uFFFD\uFFFD"), "ab");
  EXPECT_EQ(Stable("\uFFFD"), "");
  // No bytes can make this one whole any more.
  EXPECT_EQ(Stable("\uFFFDab"), "\uFFFDab");
}

// As the tokenizer does it with clean_up_tokenization_spaces.
std::string CleanUp(std::string text) {
  for (const char* rule :
       {" .", " ?", " !", " ,", " ' ", " n't", " 'm", " 's", " 've", " 're"}) {
    std::string without = rule;
    without.erase(0, 1);
    if (without.back() == ' ') without.pop_back();
    text = absl::StrReplaceAll(text, {{rule, without}});
  }
  return text;
}

std::string Decode(std::string text) {
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return CleanUp(text);
}

// All texts of some length over the characters that the rules are made of.
TEST(StablePrefixBytesTest, NothingThatFollowsChangesIt) {
  constexpr char kLetters[] = " 'nt.x";
  constexpr int kLength = 6;
  int num_texts = 1;
  for (int i = 0; i < kLength; ++i) num_texts *= 6;
  for (int number = 0; number < num_texts; ++number) {
    std::string text = "x";
    for (int i = 0, rest = number; i < kLength; ++i, rest /= 6) {
      text += kLetters[rest % 6];
    }
    const std::string whole = Decode(text);
    for (size_t size = 1; size < text.size(); ++size) {
      const std::string stable = Stable(Decode(text.substr(0, size)));
      ASSERT_TRUE(absl::StartsWith(whole, stable))
          << '"' << text << "\" becomes \"" << whole << "\", but \"" << stable
          << "\" was sure after " << size;
    }
  }
}

}  // namespace
}  // namespace parley
