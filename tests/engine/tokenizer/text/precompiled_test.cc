#include "engine/tokenizer/text/precompiled.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/crafted_model.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

// A map of rules for strings: each node of the trie in a block of its own.
class MapWriter {
 public:
  MapWriter() { trie_.SetRoot(Base(0)); }

  MapWriter& Rule(absl::string_view from, absl::string_view to) {
    int node = 0;
    for (size_t i = 0; i < from.size(); ++i) {
      const uint8_t byte = static_cast<uint8_t>(from[i]);
      node = Child(node, byte, i + 1 == from.size());
    }
    trie_.SetValue(Base(node), static_cast<uint32_t>(replacements_.size()));
    absl::StrAppend(&replacements_, to, absl::string_view("\0", 1));
    return *this;
  }

  std::unique_ptr<Normalizer> Create() const {
    auto normalizer =
        CreatePrecompiledNormalizer(trie_.CharsMap(replacements_));
    EXPECT_TRUE(normalizer.ok()) << normalizer.status();
    return *std::move(normalizer);
  }

 private:
  struct Edge {
    int from;
    uint8_t byte;
    bool has_rule;
  };

  static uint32_t Base(int node) { return 256 * (node + 1); }

  int Child(int node, uint8_t byte, bool has_rule) {
    for (size_t i = 0; i < edges_.size(); ++i) {
      Edge& edge = edges_[i];
      if (edge.from != node || edge.byte != byte) continue;
      edge.has_rule |= has_rule;
      Write(i);
      return static_cast<int>(i) + 1;
    }
    edges_.push_back({node, byte, has_rule});
    Write(edges_.size() - 1);
    return static_cast<int>(edges_.size());
  }

  void Write(size_t i) {
    trie_.AddChild(Base(edges_[i].from), edges_[i].byte,
                   Base(static_cast<int>(i) + 1), edges_[i].has_rule);
  }

  CraftedTrie trie_{256 * 64};
  std::string replacements_;
  std::vector<Edge> edges_;
};

// The text with where each of its bytes is from: "ab 0-1 1-2".
std::string Normalized(const Normalizer& normalizer, absl::string_view text) {
  AlignedText aligned(text, 0);
  normalizer.Apply(&aligned);
  EXPECT_EQ(aligned.text.size(), aligned.origin.size());
  std::string result = aligned.text;
  for (const ByteRange& range : aligned.origin) {
    absl::StrAppend(&result, " ", range.begin, "-", range.end);
  }
  return result;
}

TEST(PrecompiledTest, ReplacesCharacters) {
  const auto normalizer = MapWriter().Rule("A", "a").Rule("é", "E").Create();
  EXPECT_EQ(Normalized(*normalizer, "xAéA"), "xaEa 0-1 1-2 2-4 4-5");
  EXPECT_EQ(Normalized(*normalizer, "xyz"), "xyz 0-1 1-2 2-3");
  EXPECT_EQ(Normalized(*normalizer, ""), "");
  EXPECT_EQ(Normalized(*normalizer, absl::string_view("\0A", 2)),
            absl::StrCat(absl::string_view("\0a", 2), " 0-1 1-2"));
}

TEST(PrecompiledTest, TiesWhatIsAddedToTheCharacterBefore) {
  const auto normalizer = MapWriter().Rule("™", "TM").Rule("é", "").Create();
  EXPECT_EQ(Normalized(*normalizer, "a™b"), "aTMb 0-1 1-4 1-4 4-5");
  // What is removed goes to the character before it, even to an added one,
  // which then counts as the one that replaces it.
  EXPECT_EQ(Normalized(*normalizer, "aéb"), "ab 0-1 3-4");
  EXPECT_EQ(Normalized(*normalizer, "™éb"), "TMb 0-3 3-5 5-6");
}

TEST(PrecompiledTest, ForgetsWhatIsRemovedAtTheFront) {
  const auto normalizer = MapWriter().Rule("\x01", "").Create();
  EXPECT_EQ(Normalized(*normalizer, "\x01xy"), "xy 0-1 1-2");
  EXPECT_EQ(Normalized(*normalizer, "\x01\x01"), "");
}

TEST(PrecompiledTest, ReplacesShortClustersWhole) {
  const auto normalizer =
      MapWriter().Rule("e\u0301", "é").Rule("o", "0").Create();
  EXPECT_EQ(Normalized(*normalizer, "e\u0301"), "é 0-1 0-1");
  // The shortest rule counts, and the rest of the cluster is gone.
  EXPECT_EQ(Normalized(*normalizer, "o\u0301x"), "0x 0-1 3-4");
  // Of a longer cluster each character is replaced alone.
  EXPECT_EQ(Normalized(*normalizer, "e\u0301\u0301\u0301"),
            "e\u0301\u0301\u0301 0-1 1-3 1-3 3-5 3-5 5-7 5-7");
  EXPECT_EQ(Normalized(*normalizer, "o\u0301\u0301\u0301").substr(0, 1), "0");
  // Rules never join two clusters.
  const auto pairs = MapWriter().Rule("ab", "x").Rule("\r\n", "N").Create();
  EXPECT_EQ(Normalized(*pairs, "ab\r\n"), "abN 0-1 1-2 2-3");
}

TEST(PrecompiledTest, PrefersTheShorterRule) {
  const auto normalizer =
      MapWriter().Rule("e", "E").Rule("e\u0301", "é").Create();
  EXPECT_EQ(Normalized(*normalizer, "e\u0301"), "E 0-1");
}

void ExpectRefused(absl::string_view charsmap, const std::string& message) {
  const auto normalizer = CreatePrecompiledNormalizer(charsmap);
  EXPECT_EQ(normalizer.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(normalizer.status().message(), HasSubstr(message));
}

TEST(PrecompiledTest, RefusesMapsThatAreNotSound) {
  ExpectRefused("", "too short");
  const std::string map = SmallCharsMap();
  for (size_t size = 0; size < map.size(); ++size) {
    EXPECT_FALSE(CreatePrecompiledNormalizer(map.substr(0, size)).ok());
  }
  CraftedTrie trie;
  trie.SetRoot(1);
  trie.AddChild(1, 'A', 0x80, /*has_rule=*/true);
  trie.SetValue(0x80, 7);
  ExpectRefused(trie.CharsMap(absl::string_view("a\0", 2)), "byte 7 of 2");
  trie.SetValue(0x80, 1);
  ExpectRefused(trie.CharsMap(absl::string_view("é\0", 3)),
                "begins inside a character");
  trie.SetValue(0x80, 0);
  ExpectRefused(trie.CharsMap(absl::string_view("\xFF\0", 2)), "not UTF-8");
}

}  // namespace
}  // namespace parley
