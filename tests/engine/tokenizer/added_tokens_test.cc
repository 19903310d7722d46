#include "engine/tokenizer/added_tokens.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Sections as "text" or "id=text".
std::vector<std::string> Split(const AddedTokens& tokens,
                               const std::string& text) {
  std::vector<std::string> sections;
  for (const AddedTokens::Section& section : tokens.Split(text)) {
    const std::string part =
        text.substr(section.begin, section.end - section.begin);
    sections.push_back(
        section.id.has_value() ? absl::StrCat(*section.id, "=", part) : part);
  }
  return sections;
}

TEST(AddedTokensTest, SplitsAtEveryToken) {
  const AddedTokens tokens(
      {{.text = "</s>", .id = 0}, {.text = "<u>", .id = 7}});
  EXPECT_THAT(Split(tokens, ""), IsEmpty());
  EXPECT_THAT(Split(tokens, "abc"), ElementsAre("abc"));
  EXPECT_THAT(Split(tokens, "</s>"), ElementsAre("0=</s>"));
  EXPECT_THAT(Split(tokens, " </s></s>a<u>"),
              ElementsAre(" ", "0=</s>", "0=</s>", "a", "7=<u>"));
  EXPECT_THAT(Split(tokens, "<</s>> </s <u"),
              ElementsAre("<", "0=</s>", "> </s <u"));
}

TEST(AddedTokensTest, TakesTheFirstAndOfThoseTheLongest) {
  const AddedTokens tokens({{.text = "ab", .id = 1},
                            {.text = "abcd", .id = 2},
                            {.text = "bcd", .id = 3},
                            {.text = "x", .id = 4}});
  EXPECT_THAT(Split(tokens, "abcd"), ElementsAre("2=abcd"));
  EXPECT_THAT(Split(tokens, "abc"), ElementsAre("1=ab", "c"));
  EXPECT_THAT(Split(tokens, "bcdab"), ElementsAre("3=bcd", "1=ab"));
  EXPECT_THAT(Split(tokens, "abxab"), ElementsAre("1=ab", "4=x", "1=ab"));
}

TEST(AddedTokensTest, TakesWhiteSpaceAway) {
  const AddedTokens tokens(
      {{.text = "[l]", .id = 1, .strip_before = true},
       {.text = "[r]", .id = 2, .strip_after = true},
       {.text = "[b]", .id = 3, .strip_before = true, .strip_after = true},
       {.text = "[n]", .id = 4}});
  EXPECT_THAT(Split(tokens, "a [l] b"), ElementsAre("a", "1=[l]", " b"));
  EXPECT_THAT(Split(tokens, "a [r]\t\u3000b "),
              ElementsAre("a ", "2=[r]", "b "));
  EXPECT_THAT(Split(tokens, " [b] [n] [b] "),
              ElementsAre("3=[b]", "4=[n]", "3=[b]"));
  EXPECT_THAT(Split(tokens, " a [r]  [l] b"),
              ElementsAre(" a ", "2=[r]", "1=[l]", " b"));
}

TEST(AddedTokensTest, FindsByTextAndId) {
  const AddedTokens tokens({{.text = "a", .id = 5},
                            {.text = "b", .id = 6},
                            {.text = "c", .id = 5},
                            {.text = "b", .id = 8}});
  EXPECT_EQ(tokens.Find("a"), 5);
  EXPECT_EQ(tokens.Find("b"), 8);
  EXPECT_EQ(tokens.Find("d"), std::nullopt);
  EXPECT_EQ(tokens.Find(""), std::nullopt);
  EXPECT_EQ(*tokens.Token(5), "c");
  EXPECT_EQ(*tokens.Token(6), "b");
  EXPECT_EQ(tokens.Token(7), nullptr);
  EXPECT_EQ(tokens.Token(-1), nullptr);
}

TEST(AddedTokensTest, NoneSplitNothing) {
  EXPECT_THAT(Split(AddedTokens(), "</s> a"), ElementsAre("</s> a"));
}

TEST(AddedTokensTest, TakesTimeInProportionToTheText) {
  // Every byte begins what is nearly a token: not quadratic in either size.
  std::vector<AddedToken> many;
  for (int i = 0; i < 1000; ++i) {
    many.push_back(
        {.text = std::string(50, 'a') + absl::StrCat("b", i), .id = i});
  }
  const std::string text(200000, 'a');
  EXPECT_THAT(Split(AddedTokens(many), text), ElementsAre(text));
}

}  // namespace
}  // namespace parley
