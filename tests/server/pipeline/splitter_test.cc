#include "server/pipeline/splitter.h"

#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Split(absl::string_view text,
                               const SplitRules& rules) {
  std::vector<std::string> pieces;
  for (const ByteRange& range : SplitText(text, rules)) {
    pieces.emplace_back(text.substr(range.begin, range.end - range.begin));
  }
  return pieces;
}

std::vector<std::string> Sentences(absl::string_view text,
                                   absl::string_view language = "en") {
  return Split(text, {.mode = SplitMode::kSentences, .language = language});
}

TEST(SplitterTest, CutsBetweenSentences) {
  EXPECT_THAT(Sentences("  One is here.  Two? Three!\tFour "),
              ElementsAre("One is here.", "Two?", "Three!", "Four"));
}

TEST(SplitterTest, CutsAtLineBreaks) {
  EXPECT_THAT(Sentences("a line\nand another\r\n\r\nlast"),
              ElementsAre("a line", "and another", "last"));
  EXPECT_THAT(Sentences("a\u2028b\u2029c\u0085d\re"),
              ElementsAre("a", "b", "c", "d", "e"));
}

TEST(SplitterTest, KeepsAbbreviationsAndNumbers) {
  EXPECT_THAT(Sentences("Dr. Smith paid $3.50 to Mr. Jones. He left."),
              ElementsAre("Dr. Smith paid $3.50 to Mr. Jones.", "He left."));
  EXPECT_THAT(Sentences("Das ist z.B. Anna. Sie geht.", "de"),
              ElementsAre("Das ist z.B. Anna.", "Sie geht."));
  EXPECT_THAT(Sentences("Prof. X is in. Mrs. Y is not.", ""),
              ElementsAre("Prof. X is in.", "Mrs. Y is not."));
}

TEST(SplitterTest, KeepsAddressesWhole) {
  EXPECT_THAT(Sentences("See http://x.com/?q=1 now. Do!"),
              ElementsAre("See http://x.com/?q=1 now.", "Do!"));
}

TEST(SplitterTest, CutsWithoutWhiteSpaceWhereTheScriptHasNone) {
  EXPECT_THAT(Sentences("你好。再见!", "zh"), ElementsAre("你好。", "再见!"));
}

TEST(SplitterTest, ParagraphsEndAtLineBreaksOnly) {
  EXPECT_THAT(
      Split("One. Two.\n\n  Three. \r\nFour", {.mode = SplitMode::kParagraphs}),
      ElementsAre("One. Two.", "Three.", "Four"));
}

TEST(SplitterTest, NoneIsEverything) {
  EXPECT_THAT(Split(" One. Two.\n", {.mode = SplitMode::kNone}),
              ElementsAre(" One. Two.\n"));
}

TEST(SplitterTest, ABlankTextHasNoPieces) {
  for (const char* blank : {"", " ", "\n\r\n\t", "\u00a0\u3000\u2009"}) {
    EXPECT_TRUE(IsBlank(blank));
    EXPECT_THAT(Sentences(blank), IsEmpty());
    EXPECT_THAT(Split(blank, {.mode = SplitMode::kParagraphs}), IsEmpty());
  }
  EXPECT_FALSE(IsBlank(absl::string_view("\0", 1)));
  EXPECT_FALSE(IsBlank(" \u200b"));  // Unicode does not count it as one.
}

TEST(SplitterTest, AnyLanguageCodeWillDo) {
  for (const std::string& code :
       {std::string("eng"), std::string("zh_Hans"), std::string("xx-yy-zz"),
        std::string("@ss=standard"), std::string("en\0x", 4),
        std::string(1 << 20, 'a'), std::string("\xff\xfe")}) {
    EXPECT_THAT(Sentences("One. Two.", code), ElementsAre("One.", "Two."));
  }
}

TEST(SplitterTest, TrimsWithinTheRange) {
  const ByteRange trimmed = TrimWhiteSpace("a  b  c", {1, 6});
  EXPECT_EQ(trimmed.begin, 3);
  EXPECT_EQ(trimmed.end, 4);
  const ByteRange nothing = TrimWhiteSpace("a  b", {1, 3});
  EXPECT_EQ(nothing.begin, nothing.end);
}

std::string RandomText(std::mt19937* random) {
  // What sentence rules look at, and what is hard to look at.
  const char* const parts[] = {".",
                               "?",
                               "!",
                               " ",
                               "  ",
                               "\n",
                               "\r\n",
                               "\t",
                               "a",
                               "B",
                               "1",
                               "Mr.",
                               "e.g.",
                               "\"",
                               ")",
                               "…",
                               "。",
                               "、",
                               "你",
                               "é",
                               "e\u0301",
                               "🙂",
                               "👩\u200d👩\u200d👧",
                               "\u00a0",
                               "\u3000",
                               "\u2028",
                               "\u2029",
                               "\u0085",
                               "\u200b",
                               "\ufeff",
                               "\u05d0",
                               "\u0627",
                               "\u061f",
                               "\u0964",
                               "\U0010ffff",
                               "\u0301"};
  std::string text;
  const int num_parts = (*random)() % 40;
  for (int i = 0; i < num_parts; ++i) {
    const size_t choice = (*random)() % (std::size(parts) + 1);
    text += choice == std::size(parts) ? std::string(1, '\0') : parts[choice];
  }
  return text;
}

// Nothing is lost: pieces and spacing give the text back, byte by byte.
void ExpectRoundTrip(const std::string& text, const SplitRules& rules) {
  const std::vector<ByteRange> ranges = SplitText(text, rules);
  const std::vector<std::string> spacing = SpacingAround(text, ranges);
  ASSERT_EQ(spacing.size(), ranges.size() + 1);
  std::string joined = spacing[0];
  for (size_t i = 0; i < ranges.size(); ++i) {
    const absl::string_view piece = absl::string_view(text).substr(
        ranges[i].begin, ranges[i].end - ranges[i].begin);
    absl::StrAppend(&joined, piece, spacing[i + 1]);
    if (rules.mode == SplitMode::kNone) continue;
    EXPECT_FALSE(IsBlank(piece));
    const ByteRange trimmed = TrimWhiteSpace(piece, {0, piece.size()});
    EXPECT_EQ(trimmed.end - trimmed.begin, piece.size());
  }
  EXPECT_EQ(joined, text);
  if (rules.mode == SplitMode::kNone) return;
  for (const std::string& gap : spacing) EXPECT_TRUE(IsBlank(gap));
}

void RoundTripRandomTexts(int seed) {
  std::mt19937 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = RandomText(&random);
    for (const SplitMode mode :
         {SplitMode::kSentences, SplitMode::kParagraphs, SplitMode::kNone}) {
      for (const char* language : {"", "en", "de", "zh", "xx"}) {
        SCOPED_TRACE(testing::PrintToString(text));
        ExpectRoundTrip(text, {.mode = mode, .language = language});
      }
    }
  }
}

TEST(SplitterTest, PiecesAndSpacingGiveTheTextBack) { RoundTripRandomTexts(1); }

TEST(SplitterTest, ThreadsDoNotDisturbEachOther) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      for (int k = 0; k < 200; ++k) {
        EXPECT_EQ(Sentences("Mr. A went. B came.", i % 2 ? "en" : "fr").size(),
                  2);
      }
      // More languages than a thread keeps.
      for (char c = 'a'; c <= 'z'; ++c) {
        EXPECT_EQ(Sentences("One. Two.", std::string(2, c)).size(), 2);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(SplitterTest, AMegabyteIsNoTrouble) {
  EXPECT_EQ(Sentences(std::string(1 << 20, 'x')).size(), 1);
  std::string many;
  for (int i = 0; i < 100000; ++i) many += "Dr. A is. ";
  EXPECT_EQ(Sentences(many).size(), 100000);
}

}  // namespace
}  // namespace parley
