#include "engine/tokenizer/text/split_behavior.h"

#include "gmock/gmock.h"
#include "tests/engine/tokenizer/text/aligned_words.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Split(absl::string_view text, SplitBehavior behavior) {
  std::vector<Stretch> stretches;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_match = text[i] == '-';
    if (!is_match && !stretches.empty() && !stretches.back().is_match) {
      stretches.back().end = i + 1;
    } else {
      stretches.push_back({i, i + 1, is_match});
    }
  }
  std::vector<AlignedText> parts;
  SplitWord(AlignedText(text, 0), stretches, behavior, &parts);
  std::vector<std::string> texts;
  for (const AlignedText& part : parts) texts.push_back(part.text);
  return texts;
}

TEST(SplitBehaviorTest, AllFive) {
  constexpr absl::string_view kText = "the-final--countdown";
  EXPECT_THAT(Split(kText, SplitBehavior::kRemoved),
              ElementsAre("the", "final", "countdown"));
  EXPECT_THAT(Split(kText, SplitBehavior::kIsolated),
              ElementsAre("the", "-", "final", "-", "-", "countdown"));
  EXPECT_THAT(Split(kText, SplitBehavior::kMergedWithPrevious),
              ElementsAre("the-", "final-", "-", "countdown"));
  EXPECT_THAT(Split(kText, SplitBehavior::kMergedWithNext),
              ElementsAre("the", "-final", "-", "-countdown"));
  EXPECT_THAT(Split(kText, SplitBehavior::kContiguous),
              ElementsAre("the", "-", "final", "--", "countdown"));
}

TEST(SplitBehaviorTest, Ends) {
  EXPECT_THAT(Split("-a-", SplitBehavior::kMergedWithPrevious),
              ElementsAre("-", "a-"));
  EXPECT_THAT(Split("-a-", SplitBehavior::kMergedWithNext),
              ElementsAre("-a", "-"));
  EXPECT_THAT(Split("--", SplitBehavior::kContiguous), ElementsAre("--"));
  EXPECT_THAT(Split("--", SplitBehavior::kRemoved), IsEmpty());
}

TEST(SplitBehaviorTest, EmptyStretchesGiveNothing) {
  std::vector<AlignedText> parts;
  SplitWord(AlignedText("a", 0), {{0, 0, true}, {0, 1, false}},
            SplitBehavior::kIsolated, &parts);
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(Shown(parts[0]), "a:0-1");
}

}  // namespace
}  // namespace parley
