#include "bench/load/texts.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::load {
namespace {

const std::vector<std::string>& Lines() {
  static const std::vector<std::string> lines = {
      "A dog runs.", "A man is riding a bike down a very long and dusty road",
      "Two men.", "Snow."};
  return lines;
}

std::vector<std::string> Words(const std::string& text) {
  return absl::StrSplit(text, ' ');
}

TEST(TextSourceTest, EachLineComesOnceBeforeAnyComesAgain) {
  TextSource source(Lines(), {});
  for (int pass = 0; pass < 5; ++pass) {
    std::set<std::string> drawn;
    for (size_t i = 0; i < Lines().size(); ++i) {
      drawn.insert(source.Draw().text);
    }
    EXPECT_EQ(drawn, std::set<std::string>(Lines().begin(), Lines().end()));
  }
}

TEST(TextSourceTest, TellsShortLinesFromOthers) {
  TextSource source(Lines(), {.max_short_words = 3});
  for (int i = 0; i < 20; ++i) {
    const DrawnText drawn = source.Draw();
    EXPECT_EQ(drawn.kind,
              drawn.text == Lines()[1] ? TextKind::kLine : TextKind::kShort);
  }
}

TEST(TextSourceTest, ParagraphsAreSentencesOfSeveralLines) {
  TextSource source(Lines(),
                    {.paragraph_share = 1, .min_lines = 2, .max_lines = 3});
  std::set<int64_t> counts;
  for (int i = 0; i < 100; ++i) {
    const DrawnText drawn = source.Draw();
    EXPECT_EQ(drawn.kind, TextKind::kParagraph);
    EXPECT_EQ(drawn.text.back(), '.');
    counts.insert(std::count(drawn.text.begin(), drawn.text.end(), '.'));
  }
  EXPECT_EQ(counts, (std::set<int64_t>{2, 3}));
}

TEST(TextSourceTest, ParagraphsHaveTheirShare) {
  TextSource source(Lines(), {.paragraph_share = 0.25});
  int num_paragraphs = 0;
  for (int i = 0; i < 10000; ++i) {
    num_paragraphs += source.Draw().kind == TextKind::kParagraph;
  }
  EXPECT_NEAR(num_paragraphs, 2500, 250);
}

TEST(TextSourceTest, WordsAreOfTheLinesAndAsManyAsAskedFor) {
  std::vector<std::string> all_words;
  for (const std::string& line : Lines()) {
    for (const std::string& word : Words(line)) all_words.push_back(word);
  }
  TextSource source(Lines(), {.min_words = 2, .max_words = 4});
  std::set<size_t> counts;
  for (int i = 0; i < 200; ++i) {
    const DrawnText drawn = source.Draw();
    EXPECT_EQ(drawn.kind, TextKind::kWords);
    const std::vector<std::string> words = Words(drawn.text);
    for (const std::string& word : words) {
      EXPECT_THAT(all_words, ::testing::Contains(word));
    }
    counts.insert(words.size());
  }
  EXPECT_EQ(counts, (std::set<size_t>{2, 3, 4}));
}

TEST(TextSourceTest, TheSameSeedDrawsTheSameTexts) {
  TextSource first(Lines(), {.paragraph_share = 0.5, .seed = 7});
  TextSource second(Lines(), {.paragraph_share = 0.5, .seed = 7});
  for (int i = 0; i < 50; ++i) EXPECT_EQ(first.Draw().text, second.Draw().text);
}

TEST(TextSourceTest, EachKindHasAName) {
  std::set<absl::string_view> names;
  for (int kind = 0; kind < kNumTextKinds; ++kind) {
    names.insert(TextKindName(static_cast<TextKind>(kind)));
  }
  EXPECT_EQ(names.size(), kNumTextKinds);
  EXPECT_EQ(names.count(""), 0);
}

}  // namespace
}  // namespace parley::load
