// Tables of the demo model, learned from the captions of its test set.
#include "tools/local/shortlist_builder.h"

#include <filesystem>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/shortlist/shortlist_loader.h"
#include "engine/tokenizer/marian_tokenizer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/temp_folder.h"

namespace parley::tools {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr char kEnglish[] = "bench/data/test_2016_flickr.en";
constexpr char kGerman[] = "bench/data/test_2016_flickr.de";

class ShortlistBuilderTest : public ::testing::Test {
 protected:
  ShortlistBuild Demo() const {
    return {.directory = "models/demo",
            .texts = {kEnglish, kGerman},
            .target_language = "de",
            .output = folder_.path() + "/shortlist.bin"};
  }
  std::string ErrorOf(const ShortlistBuild& build) const {
    const auto report = BuildShortlist(build, [](absl::string_view, double) {});
    EXPECT_FALSE(std::filesystem::exists(build.output));
    return std::string(report.status().message());
  }

  const TempFolder folder_;
};

TEST_F(ShortlistBuilderTest, LearnsFromAlignedTexts) {
  std::string stages;
  double last = 0;
  const auto report =
      BuildShortlist(Demo(), [&](absl::string_view stage, double done) {
        if (!absl::EndsWith(stages, stage)) {
          absl::StrAppend(&stages, stages.empty() ? "" : ", ", stage);
          last = 0;
        }
        EXPECT_GE(done, last);
        EXPECT_LE(done, 1.0);
        last = done;
      });
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(stages, "reading vocabulary, reading texts, learning");
  EXPECT_EQ(report->num_lines, 1000);
  EXPECT_EQ(report->num_skipped, 0);
  EXPECT_EQ(report->num_tried, 20);
  EXPECT_EQ(report->vocab_size, 8004);
  EXPECT_GT(report->num_translations, 10'000);
  // A thousand captions are few; a table of chance pairs would have far less.
  EXPECT_GT(report->covered, 0.85);
  EXPECT_LT(report->mean_listed, 8004 / 4);

  const auto tokenizer = MarianTokenizer::Load("models/demo");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  const Vocabulary& vocabulary = (*tokenizer)->source_vocabulary();
  const auto shortlist = LoadShortlist({.path = Demo().output,
                                        .frequent = 0,
                                        .best = 3,
                                        .always = {0},
                                        .source_vocabulary = &vocabulary,
                                        .target_vocabulary = &vocabulary});
  ASSERT_TRUE(shortlist.ok()) << shortlist.status();
  const struct {
    const char* source;
    const char* target;
  } kPairs[] = {{"\u2581dog", "\u2581Hund"},
                {"\u2581man", "\u2581Mann"},
                {"\u2581two", "\u2581zwei"},
                {"\u2581water", "\u2581Wasser"}};
  for (const auto& pair : kPairs) {
    const auto source = vocabulary.Find(pair.source);
    const auto target = vocabulary.Find(pair.target);
    ASSERT_TRUE(source && target) << pair.source;
    EXPECT_THAT((*shortlist)->TargetTokens({*source}), Contains(*target))
        << pair.source;
  }
}

TEST_F(ShortlistBuilderTest, PassesOverEmptyLines) {
  ShortlistBuild build = Demo();
  build.texts = {folder_.Write("en", "A dog.\n\nTwo cats.\n"),
                 folder_.Write("de", "Ein Hund.\nNichts.\n\n")};
  const auto report = BuildShortlist(build, [](absl::string_view, double) {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->num_lines, 3);
  EXPECT_EQ(report->num_skipped, 2);
  EXPECT_EQ(report->num_tried, 0);
  EXPECT_GT(report->num_translations, 0);
}

TEST_F(ShortlistBuilderTest, ErrorsNameWhatIsWrong) {
  ShortlistBuild build = Demo();
  build.directory = folder_.path();
  EXPECT_THAT(ErrorOf(build), HasSubstr(folder_.path()));
  build = Demo();
  build.target_language = "xx";
  EXPECT_THAT(ErrorOf(build), HasSubstr(">>xx<<"));
  build = Demo();
  build.texts.target = folder_.Write("short", "Ein Hund.\n");
  EXPECT_THAT(ErrorOf(build), HasSubstr("/short ends after 1 lines"));
  build.texts.source = folder_.Write("empty", "\n");
  EXPECT_THAT(ErrorOf(build), HasSubstr("none of its 1 lines"));
  build = Demo();
  build.output = folder_.path() + "/none/shortlist.bin";
  build.texts = {folder_.Write("en", "A dog.\n"),
                 folder_.Write("de", "Ein Hund.\n")};
  EXPECT_THAT(ErrorOf(build), HasSubstr("/none/shortlist.bin"));
}

}  // namespace
}  // namespace parley::tools
