#include "engine/tokenizer/added_vocabulary.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/tokenizer/text/normalizers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/json_text.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Sections = std::vector<AddedVocabulary::Section>;

// "text" for what lies between, "[7]text" for the token 7.
std::vector<std::string> Shown(absl::string_view text, const Sections& parts) {
  std::vector<std::string> shown;
  for (const auto& part : parts) {
    std::string id;
    if (part.id.has_value()) id = absl::StrCat("[", *part.id, "]");
    shown.push_back(
        absl::StrCat(id, text.substr(part.begin, part.end - part.begin)));
  }
  return shown;
}

std::vector<std::string> Split(std::vector<VocabularyAddition> tokens,
                               absl::string_view text) {
  const AddedVocabulary added(std::move(tokens), nullptr);
  return Shown(text, added.SplitOriginal(text));
}

TEST(AddedVocabularyTest, FindsTheFirstAndTheLongest) {
  const std::vector<VocabularyAddition> tokens = {
      {.content = "<a>", .id = 1}, {.content = "<a><b>", .id = 2}};
  EXPECT_THAT(Split(tokens, "x<a>y<a><b><a>"),
              ElementsAre("x", "[1]<a>", "y", "[2]<a><b>", "[1]<a>"));
  EXPECT_THAT(Split(tokens, "<a<a>"), ElementsAre("<a", "[1]<a>"));
  EXPECT_THAT(Split(tokens, ""), IsEmpty());
  EXPECT_THAT(Split({}, "x"), ElementsAre("x"));
}

TEST(AddedVocabularyTest, TakesWhiteSpaceIn) {
  EXPECT_THAT(
      Split({{.content = "<m>", .id = 1, .lstrip = true}}, "a \u3000<m> b"),
      ElementsAre("a", "[1] \u3000<m>", " b"));
  EXPECT_THAT(Split({{.content = "<m>", .id = 1, .rstrip = true}}, "a <m>  b"),
              ElementsAre("a ", "[1]<m>  ", "b"));
  // What the one before has taken is not taken again.
  EXPECT_THAT(
      Split({{.content = "<m>", .id = 1, .lstrip = true, .rstrip = true}},
            "<m> <m> "),
      ElementsAre("[1]<m> ", "[1]<m> "));
}

TEST(AddedVocabularyTest, SingleWords) {
  const std::vector<VocabularyAddition> tokens = {
      {.content = "ing", .id = 1, .single_word = true}};
  EXPECT_THAT(Split(tokens, "sing ing-ing ing\u0301 éing"),
              ElementsAre("sing ", "[1]ing", "-", "[1]ing", " ing\u0301 éing"));
}

TEST(AddedVocabularyTest, LooksInNormalizedText) {
  const auto lowercase = CreateLowercase();
  const AddedVocabulary added({{.content = "<S>", .id = 1, .normalized = true},
                               {.content = "<T>", .id = 2}},
                              lowercase.get());
  EXPECT_TRUE(added.has_normalized());
  EXPECT_THAT(Shown("<S><T>", added.SplitOriginal("<S><T>")),
              ElementsAre("<S>", "[2]<T>"));
  EXPECT_THAT(Shown("<s><T>", added.SplitNormalized("<s><T>")),
              ElementsAre("[1]<s>", "<T>"));
  EXPECT_EQ(*added.DecodedText(1), "<s>");
  EXPECT_EQ(added.Token(1)->content, "<S>");
}

TEST(AddedVocabularyTest, KnowsItsTokens) {
  const AddedVocabulary added(
      {{.content = "a", .id = 7, .special = true}, {.content = "b", .id = 3}},
      nullptr);
  EXPECT_EQ(added.Find("a"), 7);
  EXPECT_EQ(added.Find("c"), std::nullopt);
  EXPECT_TRUE(added.IsSpecial("a"));
  EXPECT_FALSE(added.IsSpecial("b"));
  EXPECT_EQ(added.Token(8), nullptr);
  EXPECT_EQ(added.DecodedText(8), nullptr);
  EXPECT_EQ(added.vocab_size(), 8);
  EXPECT_FALSE(added.has_normalized());
}

TEST(AddedVocabularyTest, ReadsTokens) {
  const auto tokens = ReadPart(ReadAddedTokens, R"([
      {"id": 5, "content": "x", "single_word": true, "lstrip": true,
       "rstrip": true, "normalized": true, "special": false},
      {"id": 6, "content": "y", "special": true}, {"id": 7, "content": ""}])");
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  ASSERT_EQ(tokens->size(), 2u);
  EXPECT_EQ((*tokens)[0].id, 5);
  EXPECT_TRUE((*tokens)[0].single_word && (*tokens)[0].lstrip &&
              (*tokens)[0].rstrip && (*tokens)[0].normalized);
  EXPECT_TRUE((*tokens)[1].special);
  EXPECT_FALSE((*tokens)[1].normalized);
  const auto plain = ReadPart(ReadAddedToken, "\"<s>\"");
  ASSERT_TRUE(plain.ok());
  EXPECT_TRUE(plain->special && plain->is_plain);
}

TEST(AddedVocabularyTest, RefusesWhatIsWrong) {
  const auto error = [](absl::string_view json) {
    return InvalidMessage(ReadPart(ReadAddedTokens, json).status());
  };
  EXPECT_EQ(error("7"), "t.json: part is 7, expected an array");
  EXPECT_EQ(error("[\"x\"]"), "t.json: part[0] is \"x\", expected an object");
  EXPECT_EQ(error(R"([{"id": 1}])"),
            "t.json: part[0].content is missing, expected a string");
  EXPECT_THAT(error(R"([{"content": "x", "id": -1}])"),
              HasSubstr("part[0].id is -1, expected an integer from 0 to"));
  EXPECT_THAT(error(absl::StrCat(R"([{"id": 1, "content": ")",
                                 std::string(2000, 'x'), "\"}]")),
              HasSubstr("part[0].content is longer than 1024 bytes"));
}

}  // namespace
}  // namespace parley
