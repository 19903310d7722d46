#include "engine/shortlist/lex_text.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/shortlist/tiny_vocabulary.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class LexTextTest : public ::testing::Test {
 protected:
  absl::StatusOr<LexText> Parse(absl::string_view text, int best = 100) {
    return ParseLexText(text, "lex.s2t", best, {source_, target_});
  }
  std::string ErrorOf(absl::string_view text) {
    const absl::Status status = Parse(text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    return std::string(status.message());
  }

  const Vocabulary source_ = TinyVocabulary({"</s>", "a", "dog", "NULL"});
  const Vocabulary target_ =
      TinyVocabulary({"</s>", "ein", "", "Hund", "eine", "."});
};

TEST_F(LexTextTest, TheTargetComesFirst) {
  const auto lex = Parse(
      "ein a 0.4\neine a 0.5\n"
      "Hund\tdog\t9e-1\r\n"
      "\n"
      "  . \t </s>  1 ");
  ASSERT_TRUE(lex.ok()) << lex.status();
  EXPECT_EQ(lex->num_lines, 4);
  EXPECT_EQ(lex->num_unknown, 0);
  EXPECT_EQ(lex->table.num_rows(), 4);
  EXPECT_THAT(lex->table.Row(0), ElementsAre(5));
  EXPECT_THAT(lex->table.Row(1), ElementsAre(4, 1));
  EXPECT_THAT(lex->table.Row(2), ElementsAre(3));
  EXPECT_THAT(lex->table.frequent, ElementsAre(0, 1, 3, 4, 5));
}

TEST_F(LexTextTest, KeepsTheBest) {
  const auto lex =
      Parse("ein a 0.1\neine a 0.5\n. a 0.4\nHund a 0.2\nein a 0.45\n", 2);
  ASSERT_TRUE(lex.ok()) << lex.status();
  EXPECT_THAT(lex->table.Row(1), ElementsAre(4, 1));
}

TEST_F(LexTextTest, NullAndZeroGiveNothing) {
  const auto lex = Parse("ein NULL 0.4\nNULL a 0.5\nein a 0\nHund dog 0.1\n");
  ASSERT_TRUE(lex.ok()) << lex.status();
  EXPECT_EQ(lex->num_lines, 2);
  EXPECT_EQ(lex->num_unknown, 0);
  EXPECT_THAT(lex->table.Row(1), IsEmpty());
  EXPECT_THAT(lex->table.Row(3), IsEmpty());
}

TEST_F(LexTextTest, CountsUnknownWords) {
  const auto lex = Parse("ein a 0.4\n\nKatze a 1\nein cat 1\nHund dog 1\n");
  ASSERT_TRUE(lex.ok()) << lex.status();
  EXPECT_EQ(lex->num_lines, 4);
  EXPECT_EQ(lex->num_unknown, 2);
  EXPECT_EQ(lex->first_unknown, 3);
  EXPECT_THAT(lex->table.Row(1), ElementsAre(1));
}

TEST_F(LexTextTest, RefusesMalformedLines) {
  const char* const lines[] = {"ein a",         "ein",         "ein a 0.5 0.5",
                               "ein a x",       "ein a -0.1",  "ein a 1.5",
                               "ein a nan",     "ein a inf",   "ein a 1e99",
                               "ein a 0.5e0 |", "0.5 ein dog", "a\x01 b\xff c"};
  for (const char* line : lines) {
    EXPECT_THAT(ErrorOf(absl::StrCat("ein a 1\n", line, "\nein a 1\n")),
                HasSubstr("lex.s2t: line 2: expected \"target source"))
        << line;
  }
  EXPECT_THAT(ErrorOf(std::string(kMaxLexLineBytes + 1, 'x')),
              HasSubstr("line 1: it is longer than 4096 bytes"));
}

TEST_F(LexTextTest, RefusesAFileOfOtherWords) {
  EXPECT_THAT(ErrorOf("Katze cat 0.5\n"), HasSubstr("none of its 1 pairs"));
  EXPECT_THAT(ErrorOf(""), HasSubstr("none of its 0 pairs"));
  EXPECT_THAT(ErrorOf("\x1f\x8b\x08 rest"), HasSubstr("unpack it first"));
}

}  // namespace
}  // namespace parley
