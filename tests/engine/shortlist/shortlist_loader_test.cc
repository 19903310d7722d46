#include "engine/shortlist/shortlist_loader.h"

#include <string>
#include <vector>

#include "engine/shortlist/shortlist_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/shortlist/tiny_vocabulary.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ShortlistLoaderTest : public ::testing::Test {
 protected:
  // Two of the frequent tokens, one translation of each token, and token 5.
  absl::StatusOr<std::unique_ptr<const Shortlist>> Load(
      const std::string& path) {
    return LoadShortlist({.path = path,
                          .frequent = 2,
                          .best = 1,
                          .always = {5},
                          .source_vocabulary = &source_,
                          .target_vocabulary = &target_});
  }

  const TempFolder folder_;
  const Vocabulary source_ = TinyVocabulary({"a", "b", "c"});
  const Vocabulary target_ = TinyVocabulary({"u", "v", "w", "x", "y", "z"});
};

TEST_F(ShortlistLoaderTest, ReadsText) {
  const auto shortlist = Load(
      folder_.Write("lex.s2t", "x a 0.4\ny a 0.5\nw b 0.1\nunknown b 0.9\n"));
  ASSERT_TRUE(shortlist.ok()) << shortlist.status();
  EXPECT_THAT((*shortlist)->TargetTokens({0}), ElementsAre(0, 1, 4, 5));
  EXPECT_THAT((*shortlist)->TargetTokens({1}), ElementsAre(0, 1, 2, 5));
}

TEST_F(ShortlistLoaderTest, ReadsTheBinaryForm) {
  LexicalTable table;
  table.frequent = {3, 2, 0};
  table.AppendRow({4, 1});
  table.AppendRow({});
  table.AppendRow({0});
  const std::string path = folder_.path() + "/shortlist.bin";
  ASSERT_TRUE(
      WriteShortlistFile(table, DescribeVocabularies(source_, target_), path)
          .ok());
  const auto shortlist = Load(path);
  ASSERT_TRUE(shortlist.ok()) << shortlist.status();
  EXPECT_THAT((*shortlist)->TargetTokens({0, 2}), ElementsAre(0, 2, 3, 4, 5));

  // Not for a model with one token spelt in another way.
  ASSERT_TRUE(
      WriteShortlistFile(
          table, DescribeVocabularies(TinyVocabulary({"a", "b", "C"}), target_),
          path)
          .ok());
  EXPECT_THAT(std::string(Load(path).status().message()),
              HasSubstr("shortlist.bin: it was made with other vocabularies"));
}

TEST_F(ShortlistLoaderTest, AJointVocabularyCopiesTheSource) {
  const auto shortlist = LoadShortlist({.path = folder_.Write("lex", "a b 1\n"),
                                        .frequent = 0,
                                        .best = 1,
                                        .always = {2},
                                        .source_vocabulary = &source_,
                                        .target_vocabulary = &source_});
  ASSERT_TRUE(shortlist.ok()) << shortlist.status();
  EXPECT_THAT((*shortlist)->TargetTokens({1}), ElementsAre(0, 1, 2));
}

TEST_F(ShortlistLoaderTest, ErrorsNameTheFile) {
  const absl::Status none = Load(folder_.path() + "/none").status();
  EXPECT_TRUE(absl::IsNotFound(none)) << none;
  EXPECT_THAT(std::string(none.message()), HasSubstr("/none"));
  const absl::Status broken = Load(folder_.Write("lex", "a b\n")).status();
  EXPECT_TRUE(absl::IsInvalidArgument(broken)) << broken;
  EXPECT_THAT(std::string(broken.message()), HasSubstr("/lex: line 1"));
  EXPECT_TRUE(absl::IsInvalidArgument(Load(folder_.path()).status()));
}

}  // namespace
}  // namespace parley
