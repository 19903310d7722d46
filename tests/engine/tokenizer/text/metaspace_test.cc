#include "engine/tokenizer/text/metaspace.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Each part with the bytes that it stands for: "▁a:0-1".
std::vector<std::string> Parts(std::vector<AlignedText> words,
                               const MetaspaceOptions& options) {
  CreateMetaspacePreTokenizer(options)->Apply(&words);
  std::vector<std::string> parts;
  for (const AlignedText& word : words) {
    EXPECT_EQ(word.text.size(), word.origin.size());
    const ByteRange origin = word.OriginOf(0, word.text.size());
    parts.push_back(
        absl::StrCat(word.text, ":", origin.begin, "-", origin.end));
  }
  return parts;
}

std::vector<std::string> Parts(absl::string_view text,
                               const MetaspaceOptions& options = {}) {
  return Parts({AlignedText(text, 0)}, options);
}

TEST(MetaspaceTest, SplitsBeforeEachMark) {
  EXPECT_THAT(Parts("Hey my"), ElementsAre("▁Hey:0-3", "▁my:3-6"));
  EXPECT_THAT(Parts("a  b "),
              ElementsAre("▁a:0-1", "▁:1-2", "▁b:2-4", "▁:4-5"));
  EXPECT_THAT(Parts(" "), ElementsAre("▁:0-1"));
  EXPECT_THAT(Parts(""), IsEmpty());
  // Marks of the text's own count, other white space does not.
  EXPECT_THAT(Parts("a▁b\tc"), ElementsAre("▁a:0-1", "▁b\tc:1-7"));
}

TEST(MetaspaceTest, PrependsOnceAtMost) {
  EXPECT_THAT(Parts(" a"), ElementsAre("▁a:0-2"));
  EXPECT_THAT(Parts("▁a"), ElementsAre("▁a:0-4"));
  EXPECT_THAT(Parts("é"), ElementsAre("▁é:0-2"));
}

TEST(MetaspaceTest, FollowsTheScheme) {
  const std::vector<AlignedText> words = {AlignedText("a", 0),
                                          AlignedText("b c", 1)};
  EXPECT_THAT(Parts(words, {}), ElementsAre("▁a:0-1", "▁b:1-2", "▁c:2-4"));
  EXPECT_THAT(Parts(words, {.prepend_scheme = PrependScheme::kFirst}),
              ElementsAre("▁a:0-1", "b:1-2", "▁c:2-4"));
  EXPECT_THAT(Parts(words, {.prepend_scheme = PrependScheme::kNever}),
              ElementsAre("a:0-1", "b:1-2", "▁c:2-4"));
}

TEST(MetaspaceTest, LeavesWordsWhole) {
  EXPECT_THAT(Parts("a b ", {.split = false}), ElementsAre("▁a▁b▁:0-4"));
}

TEST(MetaspaceTest, TakesOtherMarks) {
  EXPECT_THAT(Parts("a b", {.replacement = "_"}),
              ElementsAre("_a:0-1", "_b:1-3"));
}

std::vector<std::string> Decoded(std::vector<std::string> tokens,
                                 const MetaspaceOptions& options) {
  CreateMetaspaceDecoder(options)->Apply(&tokens);
  return tokens;
}

TEST(MetaspaceTest, GivesSpacesBack) {
  EXPECT_THAT(Decoded({"▁Hey▁", "▁my", "x"}, {}),
              ElementsAre("Hey", " my", "x"));
  EXPECT_THAT(
      Decoded({"▁Hey", "▁my"}, {.prepend_scheme = PrependScheme::kNever}),
      ElementsAre(" Hey", " my"));
  EXPECT_THAT(Decoded({}, {}), IsEmpty());
}

}  // namespace
}  // namespace parley
