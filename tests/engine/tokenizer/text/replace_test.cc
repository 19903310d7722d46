#include "engine/tokenizer/text/replace.h"

#include <utility>

#include "gmock/gmock.h"
#include "tests/engine/tokenizer/text/aligned_words.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

std::unique_ptr<const Pattern> Regex(absl::string_view regex) {
  auto pattern = CreateRegexPattern(regex);
  EXPECT_TRUE(pattern.ok()) << pattern.status();
  return *std::move(pattern);
}

TEST(ReplaceTest, TiesToTheLastCharacter) {
  const auto replace = CreateReplace(Regex("b+"), "xy");
  EXPECT_THAT(Characters(Normalized(*replace, "abbc")),
              ElementsAre("a:0-1", "x:2-3", "y:2-3", "c:3-4"));
  EXPECT_THAT(Characters(Normalized(*replace, "ac")),
              ElementsAre("a:0-1", "c:1-2"));
}

TEST(ReplaceTest, TakesAwayAndInserts) {
  EXPECT_THAT(Characters(Normalized(*CreateReplace(Regex("b"), ""), "abc")),
              ElementsAre("a:0-1", "c:2-3"));
  EXPECT_THAT(Characters(Normalized(*CreateReplace(Regex("^"), "_"), "ab")),
              ElementsAre("_:0-0", "a:0-1", "b:1-2"));
}

TEST(ReplaceTest, Decoder) {
  const auto decoder = CreateReplaceDecoder(Regex("_"), " ");
  EXPECT_THAT(Decoded(*decoder, {"a_b", "", "_"}), ElementsAre("a b", "", " "));
}

}  // namespace
}  // namespace parley
