#include "engine/shortlist/lexical_table.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/shortlist/tiny_vocabulary.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LexicalTableTest, KeepsRowsInOrder) {
  LexicalTable table;
  table.AppendRow({5, 3});
  table.AppendRow({});
  table.AppendRow({7});
  EXPECT_EQ(table.num_rows(), 3);
  EXPECT_EQ(table.num_targets(), 3);
  EXPECT_THAT(table.Row(0), ElementsAre(5, 3));
  EXPECT_THAT(table.Row(1), IsEmpty());
  EXPECT_THAT(table.Row(2), ElementsAre(7));
}

TEST(LexicalTableTest, TokensWithoutARowHaveNone) {
  LexicalTable table;
  EXPECT_THAT(table.Row(0), IsEmpty());
  table.AppendRow({1});
  EXPECT_THAT(table.Row(-1), IsEmpty());
  EXPECT_THAT(table.Row(1), IsEmpty());
  EXPECT_THAT(table.Row(INT32_MAX), IsEmpty());
}

TEST(DescribeVocabulariesTest, TellsVocabulariesApart) {
  const auto describe = [](const Vocabulary& source, const Vocabulary& target) {
    return DescribeVocabularies(source, target);
  };
  const VocabularyPair pair =
      describe(TinyVocabulary({"a", "bc"}), TinyVocabulary({"x", "", "y"}));
  EXPECT_EQ(pair.source_size, 2);
  EXPECT_EQ(pair.target_size, 3);
  EXPECT_EQ(pair, describe(TinyVocabulary({"a", "bc"}),
                           TinyVocabulary({"x", "", "y"})));
  const VocabularyPair others[] = {
      describe(TinyVocabulary({"ab", "c"}), TinyVocabulary({"x", "", "y"})),
      describe(TinyVocabulary({"bc", "a"}), TinyVocabulary({"x", "", "y"})),
      describe(TinyVocabulary({"a", "bc"}), TinyVocabulary({"", "x", "y"})),
      describe(TinyVocabulary({"a", "bc", "x"}), TinyVocabulary({"", "y"})),
      describe(TinyVocabulary({"x", "", "y"}), TinyVocabulary({"a", "bc"})),
  };
  for (const VocabularyPair& other : others) {
    EXPECT_NE(pair.fingerprint, other.fingerprint);
  }
}

}  // namespace
}  // namespace parley
