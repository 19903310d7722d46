#include "engine/tokenizer/text/normalizers.h"

#include <utility>

#include "gmock/gmock.h"
#include "tests/engine/tokenizer/text/aligned_words.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(NormalizersTest, Lowercase) {
  const auto lowercase = CreateLowercase();
  EXPECT_THAT(Characters(Normalized(*lowercase, "AbÉ")),
              ElementsAre("a:0-1", "b:1-2", "é:2-4"));
  // Longer, and two characters for one.
  EXPECT_THAT(Characters(Normalized(*lowercase, "Ⱥ\u0130")),
              ElementsAre("ⱥ:0-2", "i:2-4", "\u0307:2-4"));
  // Without regard to the end of a word.
  EXPECT_EQ(Normalized(*lowercase, "ΟΣ").text, "οσ");
}

TEST(NormalizersTest, StripAccents) {
  const auto strip = CreateStripAccents();
  EXPECT_THAT(Characters(Normalized(*strip, "e\u0301\u0488o")),
              ElementsAre("e:0-1", "o:5-6"));
  EXPECT_EQ(Normalized(*strip, "é").text, "é");
}

TEST(NormalizersTest, Strip) {
  EXPECT_EQ(Shown(Normalized(*CreateStrip({}), " \u3000a b\t")), "a b:4-7");
  EXPECT_EQ(Shown(Normalized(*CreateStrip({.right = false}), " a ")), "a :1-3");
  EXPECT_EQ(Shown(Normalized(*CreateStrip({.left = false}), " a ")), " a:0-2");
  EXPECT_EQ(Normalized(*CreateStrip({}), " \n ").text, "");
  EXPECT_EQ(Normalized(*CreateStrip({}), "").text, "");
}

TEST(NormalizersTest, Prepend) {
  const auto prepend = CreatePrepend("▁x");
  EXPECT_THAT(Characters(Normalized(*prepend, "éb")),
              ElementsAre("▁:0-2", "x:0-2", "é:0-2", "b:2-3"));
  EXPECT_THAT(Characters(Normalized(*prepend, "")), IsEmpty());
}

TEST(NormalizersTest, Nmt) {
  EXPECT_THAT(
      Characters(Normalized(*CreateNmt(), "a\x01\u200Bb\u2581\x7F\tc")),
      ElementsAre("a:0-1", " :2-5", "b:5-6", " :6-9", " :10-11", "c:11-12"));
}

TEST(NormalizersTest, Sequence) {
  std::vector<std::unique_ptr<const Normalizer>> steps;
  steps.push_back(CreateStrip({}));
  steps.push_back(CreatePrepend("A"));
  steps.push_back(CreateLowercase());
  const auto sequence = CreateNormalizerSequence(std::move(steps));
  EXPECT_EQ(Shown(Normalized(*sequence, " B ")), "ab:1-2");
}

}  // namespace
}  // namespace parley
