#include "engine/tokenizer/text/bert_normalizer.h"

#include "gmock/gmock.h"
#include "tests/engine/tokenizer/text/aligned_words.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Characters(absl::string_view text,
                                    const BertNormalizerOptions& options = {}) {
  return Characters(Normalized(*CreateBertNormalizer(options), text));
}

TEST(BertNormalizerTest, CleansText) {
  EXPECT_THAT(Characters("a\x01\tb\u200B\uFFFD\u3000\u0085"
                         "c"),
              ElementsAre("a:0-1", " :2-3", "b:3-4", " :10-13", "c:15-16"));
  EXPECT_THAT(Characters("a\tb", {.clean_text = false}),
              ElementsAre("a:0-1", "\t:1-2", "b:2-3"));
}

TEST(BertNormalizerTest, SetsChineseCharactersApart) {
  EXPECT_THAT(Characters("a中b"),
              ElementsAre("a:0-1", " :1-4", "中:1-4", " :1-4", "b:4-5"));
  EXPECT_THAT(Characters("a中", {.handle_chinese_chars = false}),
              ElementsAre("a:0-1", "中:1-4"));
}

TEST(BertNormalizerTest, StripsAccentsAsItLowersCase) {
  EXPECT_THAT(Characters("ÉE\u0301"), ElementsAre("e:0-2", "e:2-3"));
  EXPECT_THAT(Characters("É", {.lowercase = false}), ElementsAre("É:0-2"));
  EXPECT_THAT(Characters("É", {.strip_accents = false}), ElementsAre("é:0-2"));
  EXPECT_THAT(Characters("É", {.strip_accents = true, .lowercase = false}),
              ElementsAre("E:0-2"));
  // What stays is decomposed.
  EXPECT_THAT(Characters("가"), ElementsAre("\u1100:0-3", "\u1161:0-3"));
}

}  // namespace
}  // namespace parley
