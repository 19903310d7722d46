#include "engine/tokenizer/text/pattern.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "0-1" for what lies between matches, "[1-2]" for a match.
std::vector<std::string> Shown(const Pattern& pattern, absl::string_view text) {
  std::vector<std::string> shown;
  for (const Stretch& stretch : pattern.Find(text)) {
    std::string range = absl::StrCat(stretch.begin, "-", stretch.end);
    shown.push_back(stretch.is_match ? absl::StrCat("[", range, "]") : range);
  }
  return shown;
}

std::vector<std::string> Regex(absl::string_view regex,
                               absl::string_view text) {
  const auto pattern = CreateRegexPattern(regex);
  EXPECT_TRUE(pattern.ok()) << pattern.status();
  return pattern.ok() ? Shown(**pattern, text) : std::vector<std::string>();
}

TEST(PatternTest, Literal) {
  const auto pattern = CreateLiteralPattern("ab");
  ASSERT_TRUE(pattern.ok());
  EXPECT_THAT(Shown(**pattern, "xababa"),
              ElementsAre("0-1", "[1-3]", "[3-5]", "5-6"));
  EXPECT_THAT(Shown(**pattern, "b"), ElementsAre("0-1"));
  EXPECT_THAT(Shown(**pattern, ""), IsEmpty());
  EXPECT_EQ(CreateLiteralPattern("").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(PatternTest, RegexFindsBytes) {
  EXPECT_THAT(Regex("é+", "aééb"), ElementsAre("0-1", "[1-5]", "5-6"));
  EXPECT_THAT(Regex(" {2,}", "a  b c   "),
              ElementsAre("0-1", "[1-3]", "3-6", "[6-9]"));
  EXPECT_THAT(Regex("😀", "x😀"), ElementsAre("0-1", "[1-5]"));
}

TEST(PatternTest, RegexIsRubys) {
  EXPECT_THAT(Regex(R"(\s)", "a\u0085b\u2028"),
              ElementsAre("0-1", "[1-3]", "3-4", "[4-7]"));
  EXPECT_THAT(Regex(R"([^\s]+)", "a b"), ElementsAre("[0-1]", "1-2", "[2-3]"));
  EXPECT_THAT(Regex(R"(\S)", "\u00A0b"), ElementsAre("0-2", "[2-3]"));
  EXPECT_THAT(Regex("^b", "a\nb"), ElementsAre("0-2", "[2-3]"));
  EXPECT_THAT(Regex(R"(\\s)", R"(a\s)"), ElementsAre("0-1", "[1-3]"));
}

TEST(PatternTest, EmptyMatchesEnd) {
  EXPECT_THAT(Regex("x*", "ab"),
              ElementsAre("[0-0]", "0-1", "[1-1]", "1-2", "[2-2]"));
}

TEST(PatternTest, RefusesWhatIsNoRegex) {
  const auto pattern = CreateRegexPattern("(a");
  ASSERT_FALSE(pattern.ok());
  EXPECT_EQ(pattern.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(pattern.status().message()), HasSubstr("\"(a\""));
}

TEST(PatternTest, EndsWhereARegexWouldTakeForever) {
  const std::string text(5000, 'a');
  const auto pattern = CreateRegexPattern("(a+)+$b");
  ASSERT_TRUE(pattern.ok());
  EXPECT_THAT(Shown(**pattern, text), ElementsAre("0-5000"));
}

TEST(PatternTest, ManyThreads) {
  const auto pattern = CreateRegexPattern("[0-9]+");
  ASSERT_TRUE(pattern.ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&pattern] {
      for (int n = 0; n < 200; ++n) {
        EXPECT_EQ((*pattern)->Find("a12b3").size(), 4u);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace parley
