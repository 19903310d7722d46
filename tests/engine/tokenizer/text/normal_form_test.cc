#include "engine/tokenizer/text/normal_form.h"

#include <string>

#include "gmock/gmock.h"
#include "tests/engine/tokenizer/text/aligned_words.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

AlignedText In(NormalForm form, absl::string_view text) {
  return Normalized(*CreateNormalForm(form), text);
}

TEST(NormalFormTest, LeavesAsciiAsItIs) {
  for (const NormalForm form : {NormalForm::kNfc, NormalForm::kNfd,
                                NormalForm::kNfkc, NormalForm::kNfkd}) {
    EXPECT_EQ(In(form, "").text, "");
    EXPECT_THAT(Characters(In(form, "a b")),
                ElementsAre("a:0-1", " :1-2", "b:2-3"));
  }
}

TEST(NormalFormTest, Decomposes) {
  EXPECT_THAT(Characters(In(NormalForm::kNfd, "aéb")),
              ElementsAre("a:0-1", "e:1-3", "\u0301:1-3", "b:3-4"));
  EXPECT_EQ(In(NormalForm::kNfd, "각").text, "\u1100\u1161\u11A8");
  EXPECT_EQ(In(NormalForm::kNfd, "ﬁ").text, "ﬁ");
  EXPECT_EQ(In(NormalForm::kNfkd, "ﬁ").text, "fi");
  EXPECT_EQ(In(NormalForm::kNfkd, "\uFDFA").text.size(), 33u);
}

TEST(NormalFormTest, OrdersMarksAndTiesThemByPosition) {
  // Class 230, then 220: they change places, and not their bytes.
  EXPECT_THAT(Characters(In(NormalForm::kNfd, "a\u0301\u0323")),
              ElementsAre("a:0-1", "\u0323:1-3", "\u0301:3-5"));
  // One character that is two marks, before one that goes first.
  EXPECT_THAT(Characters(In(NormalForm::kNfd, "a\u0344\u0323")),
              ElementsAre("a:0-1", "\u0323:1-3", "\u0308:3-5", "\u0301:3-5"));
}

TEST(NormalFormTest, Composes) {
  EXPECT_THAT(Characters(In(NormalForm::kNfc, "e\u0301b")),
              ElementsAre("é:0-1", "b:3-4"));
  EXPECT_EQ(In(NormalForm::kNfc, "\u1100\u1161\u11A8").text, "각");
  EXPECT_EQ(In(NormalForm::kNfc, "a\u0301\u0323").text, "ạ\u0301");
  EXPECT_EQ(In(NormalForm::kNfc, "\u212B").text, "Å");
  // Excluded from composition, and blocked by a mark of its own class.
  EXPECT_EQ(In(NormalForm::kNfc, "\u0958").text, "\u0915\u093C");
  EXPECT_EQ(In(NormalForm::kNfc, "a\u0305\u0301").text, "a\u0305\u0301");
  EXPECT_EQ(In(NormalForm::kNfc, "\u0301e\u0301").text, "\u0301é");
  EXPECT_EQ(In(NormalForm::kNfkc, "ﬁ①").text, "fi1");
}

TEST(NormalFormTest, KnowsUnicode9Only) {
  // U+11938 is of Unicode 13; newer data would take it apart.
  EXPECT_EQ(In(NormalForm::kNfd, "\U00011938").text, "\U00011938");
  EXPECT_EQ(In(NormalForm::kNfc, "\U00011935\U00011930").text,
            "\U00011935\U00011930");
}

TEST(NormalFormTest, LongRowsOfMarks) {
  std::string text = "a";
  for (int i = 0; i < 5000; ++i) text += "\u0301\u0323";
  const AlignedText decomposed = In(NormalForm::kNfd, text);
  EXPECT_EQ(decomposed.text.size(), text.size());
  EXPECT_EQ(decomposed.text.substr(1, 4), "\u0323\u0323");
}

}  // namespace
}  // namespace parley
