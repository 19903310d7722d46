#include "engine/tokenizer/text/pre_tokenizers.h"

#include <utility>

#include "gmock/gmock.h"
#include "tests/engine/tokenizer/text/aligned_words.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(PreTokenizersTest, Bert) {
  const auto bert = CreateBertPreTokenizer();
  EXPECT_THAT(Words(*bert, " Hey, you!? "),
              ElementsAre("Hey:1-4", ",:4-5", "you:6-9", "!:9-10", "?:10-11"));
  EXPECT_THAT(Words(*bert, "a\u3000b\u00A7"),
              ElementsAre("a:0-1", "b:4-5", "\u00A7:5-7"));
  EXPECT_THAT(Words(*bert, " \n"), IsEmpty());
}

TEST(PreTokenizersTest, Whitespace) {
  EXPECT_THAT(Words(*CreateWhitespace(), "a_1 -- b.c"),
              ElementsAre("a_1:0-3", "--:4-6", "b:7-8", ".:8-9", "c:9-10"));
  EXPECT_THAT(Words(*CreateWhitespace(), "  "), IsEmpty());
}

TEST(PreTokenizersTest, WhitespaceSplit) {
  EXPECT_THAT(Words(*CreateWhitespaceSplit(), " a.b\t\u2028c "),
              ElementsAre("a.b:1-4", "c:8-9"));
}

TEST(PreTokenizersTest, PunctuationAndDigits) {
  EXPECT_THAT(Words(*CreatePunctuation(SplitBehavior::kContiguous), "a?! b"),
              ElementsAre("a:0-1", "?!:1-3", " b:3-5"));
  EXPECT_THAT(Words(*CreateDigits(false), "a12½b"),
              ElementsAre("a:0-1", "12½:1-5", "b:5-6"));
  EXPECT_THAT(Words(*CreateDigits(true), "a12"),
              ElementsAre("a:0-1", "1:1-2", "2:2-3"));
}

TEST(PreTokenizersTest, Delimiter) {
  EXPECT_THAT(Words(*CreateDelimiterSplit(U'é'), "aéébé"),
              ElementsAre("a:0-1", "b:5-6"));
}

TEST(PreTokenizersTest, Split) {
  const auto split = [](bool invert) {
    return CreateSplit(*CreateLiteralPattern("-"),
                       {.behavior = SplitBehavior::kRemoved, .invert = invert});
  };
  EXPECT_THAT(Words(*split(false), "a-b"), ElementsAre("a:0-1", "b:2-3"));
  EXPECT_THAT(Words(*split(true), "a-b"), ElementsAre("-:1-2"));
}

TEST(PreTokenizersTest, Sequence) {
  std::vector<std::unique_ptr<const PreTokenizer>> steps;
  steps.push_back(CreateWhitespaceSplit());
  steps.push_back(CreateDigits(true));
  const auto sequence = CreatePreTokenizerSequence(std::move(steps));
  EXPECT_THAT(Words(*sequence, "a1 2"), ElementsAre("a:0-1", "1:1-2", "2:3-4"));
}

}  // namespace
}  // namespace parley
