#include "engine/tokenizer/text/grapheme_category.h"

#include <cstdint>
#include <map>

#include "gtest/gtest.h"

namespace parley {
namespace {

using enum GraphemeCategory;

TEST(GraphemeCategoryTest, TellsCharactersApart) {
  EXPECT_EQ(GraphemeCategoryOf('a'), kAny);
  EXPECT_EQ(GraphemeCategoryOf('\r'), kCarriageReturn);
  EXPECT_EQ(GraphemeCategoryOf('\n'), kLineFeed);
  EXPECT_EQ(GraphemeCategoryOf(0), kControl);
  EXPECT_EQ(GraphemeCategoryOf(0xAD), kControl);
  EXPECT_EQ(GraphemeCategoryOf(0x301), kExtend);
  EXPECT_EQ(GraphemeCategoryOf(0x200C), kExtend);
  EXPECT_EQ(GraphemeCategoryOf(0x1F3FD), kExtend);
  EXPECT_EQ(GraphemeCategoryOf(0x200D), kJoiner);
  EXPECT_EQ(GraphemeCategoryOf(0x903), kSpacingMark);
  EXPECT_EQ(GraphemeCategoryOf(0x600), kPrepend);
  EXPECT_EQ(GraphemeCategoryOf(0x1F1E9), kRegional);
  EXPECT_EQ(GraphemeCategoryOf(0x1100), kLeading);
  EXPECT_EQ(GraphemeCategoryOf(0x1161), kVowel);
  EXPECT_EQ(GraphemeCategoryOf(0x11A8), kTrailing);
  EXPECT_EQ(GraphemeCategoryOf(0xAC00), kLeadingVowel);
  EXPECT_EQ(GraphemeCategoryOf(0xAC01), kLeadingVowelTrailing);
  EXPECT_EQ(GraphemeCategoryOf(0x1F600), kPictographic);
  EXPECT_EQ(GraphemeCategoryOf(0x915), kConsonant);
}

TEST(GraphemeCategoryTest, KnowsUnicode17) {
  EXPECT_EQ(GraphemeCategoryOf(0x1715), kExtend);  // A spacing mark before.
  EXPECT_EQ(GraphemeCategoryOf(0x16D63), kVowel);  // Of version 16.
  EXPECT_EQ(GraphemeCategoryOf(0x1ACF), kExtend);  // Of 17.
  EXPECT_EQ(GraphemeCategoryOf(0x2605), kAny);     // A pictograph before.
}

// Counts of Unicode 17's files; an ICU that knows more must not change them.
TEST(GraphemeCategoryTest, HasTheCharactersOfUnicode17) {
  std::map<GraphemeCategory, int> counts;
  for (char32_t c = 0; c < 0x110000; ++c) ++counts[GraphemeCategoryOf(c)];
  EXPECT_EQ(counts[kExtend], 2237);
  EXPECT_EQ(counts[kSpacingMark], 381);
  EXPECT_EQ(counts[kPrepend], 27);
  EXPECT_EQ(counts[kRegional], 26);
  EXPECT_EQ(counts[kPictographic], 2848);
  EXPECT_EQ(counts[kConsonant], 911);
  EXPECT_EQ(counts[kLeading], 125);
  EXPECT_EQ(counts[kVowel], 100);
  EXPECT_EQ(counts[kTrailing], 137);
  EXPECT_EQ(counts[kLeadingVowel], 399);
  EXPECT_EQ(counts[kLeadingVowelTrailing], 10773);
  EXPECT_EQ(counts[kJoiner], 1);
}

TEST(GraphemeCategoryTest, KnowsLinkers) {
  int num_linkers = 0;
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (!IsConjunctLinker(c)) continue;
    ++num_linkers;
    EXPECT_EQ(GraphemeCategoryOf(c), kExtend) << uint32_t{c};
  }
  EXPECT_EQ(num_linkers, 20);
  EXPECT_TRUE(IsConjunctLinker(0x94D));
  EXPECT_FALSE(IsConjunctLinker(0x301));
}

}  // namespace
}  // namespace parley
