#include "engine/tokenizer/text/grapheme_cluster.h"

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Clusters(absl::string_view text) {
  std::vector<std::string> clusters;
  while (!text.empty()) {
    const size_t num_bytes = GraphemeClusterBytes(text);
    clusters.emplace_back(text.substr(0, num_bytes));
    text.remove_prefix(num_bytes);
  }
  return clusters;
}

TEST(GraphemeClusterTest, TakesWhatExtends) {
  EXPECT_THAT(Clusters("ab"), ElementsAre("a", "b"));
  EXPECT_THAT(Clusters("e\u0301x\u0301\u0302"),
              ElementsAre("e\u0301", "x\u0301\u0302"));
  EXPECT_THAT(Clusters("\u0301a"), ElementsAre("\u0301", "a"));
  EXPECT_THAT(Clusters("a\u200Db"), ElementsAre("a\u200D", "b"));
  EXPECT_THAT(Clusters("\u0915\u093F"), ElementsAre("\u0915\u093F"));
  EXPECT_THAT(Clusters("\u0600a\u0301"), ElementsAre("\u0600a\u0301"));
  EXPECT_THAT(Clusters(""), IsEmpty());
}

TEST(GraphemeClusterTest, BreaksAtControls) {
  EXPECT_THAT(Clusters("\r\n\n\r"), ElementsAre("\r\n", "\n", "\r"));
  EXPECT_THAT(Clusters("\n\u0301"), ElementsAre("\n", "\u0301"));
  EXPECT_THAT(Clusters("\u0600\n"), ElementsAre("\u0600", "\n"));
  EXPECT_THAT(Clusters("\u00AD\u0301"), ElementsAre("\u00AD", "\u0301"));
  EXPECT_THAT(Clusters("\x7F\u0301"), ElementsAre("\x7F", "\u0301"));
}

TEST(GraphemeClusterTest, JoinsSyllables) {
  EXPECT_THAT(Clusters("\u1100\u1161\u11A8\u1100"),
              ElementsAre("\u1100\u1161\u11A8", "\u1100"));
  EXPECT_THAT(Clusters("\uAC00\u11A8\uAC01\u1161"),
              ElementsAre("\uAC00\u11A8", "\uAC01", "\u1161"));
  EXPECT_THAT(Clusters("\u1100\uAC00\u1100\uAC01"),
              ElementsAre("\u1100\uAC00", "\u1100\uAC01"));
  EXPECT_THAT(Clusters("\u11A8\u11A8\u1161"),
              ElementsAre("\u11A8\u11A8", "\u1161"));
}

TEST(GraphemeClusterTest, JoinsPictographs) {
  EXPECT_THAT(Clusters("👩\u200D👧👍🏽"),
              ElementsAre("👩\u200D👧", "👍🏽"));
  EXPECT_THAT(Clusters("👩\u0308\u200D👧"), ElementsAre("👩\u0308\u200D👧"));
  EXPECT_THAT(Clusters("👩\u200D\u200D👧"), ElementsAre("👩\u200D\u200D", "👧"));
  EXPECT_THAT(Clusters("a\u200D👧"), ElementsAre("a\u200D", "👧"));
}

TEST(GraphemeClusterTest, PairsRegionalIndicators) {
  EXPECT_THAT(Clusters("🇩🇪🇫🇷🇩"), ElementsAre("🇩🇪", "🇫🇷", "🇩"));
  EXPECT_THAT(Clusters("🇩\u200D🇪🇫"), ElementsAre("🇩\u200D", "🇪🇫"));
}

TEST(GraphemeClusterTest, JoinsConjuncts) {
  const std::string ka = "\u0915", virama = "\u094D", ssa = "\u0937";
  EXPECT_THAT(Clusters(ka + virama + ssa), ElementsAre(ka + virama + ssa));
  EXPECT_THAT(Clusters(ka + virama + "\u200D" + ssa),
              ElementsAre(ka + virama + "\u200D" + ssa));
  EXPECT_THAT(Clusters(ka + virama + "\u200C" + ssa),
              ElementsAre(ka + virama + "\u200C", ssa));
  EXPECT_THAT(Clusters(ka + "\u093C" + ssa), ElementsAre(ka + "\u093C", ssa));
  EXPECT_THAT(Clusters("a" + virama + ssa), ElementsAre("a" + virama, ssa));
}

TEST(GraphemeClusterTest, TakesAnyLength) {
  std::string text = "a";
  for (int i = 0; i < 100'000; ++i) text += "\u0301";
  EXPECT_EQ(GraphemeClusterBytes(text + "b"), text.size());
}

}  // namespace
}  // namespace parley
