#include "engine/tokenizer/subword/prefix_trie.h"

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

using Found = std::vector<std::pair<size_t, int32_t>>;

Found Prefixes(const PrefixTrie& trie, absl::string_view text) {
  Found found;
  trie.VisitPrefixes(text, [&found](size_t num_bytes, int32_t value) {
    found.emplace_back(num_bytes, value);
  });
  return found;
}

TEST(PrefixTrieTest, FindsPrefixesFromShortToLong) {
  const PrefixTrie trie({{"abc", 3}, {"a", 1}, {"ab", 2}, {"b", 4}, {"", 5}});
  EXPECT_THAT(Prefixes(trie, "abcd"),
              ElementsAre(Pair(1, 1), Pair(2, 2), Pair(3, 3)));
  EXPECT_THAT(Prefixes(trie, "ba"), ElementsAre(Pair(1, 4)));
  EXPECT_THAT(Prefixes(trie, "c"), IsEmpty());
  EXPECT_THAT(Prefixes(trie, ""), IsEmpty());
}

TEST(PrefixTrieTest, IsEmptyWithoutStrings) {
  EXPECT_THAT(Prefixes(PrefixTrie({}), "abc"), IsEmpty());
}

TEST(PrefixTrieTest, TakesTheLaterOfTwo) {
  EXPECT_THAT(Prefixes(PrefixTrie({{"a", 1}, {"a", 0}}), "a"),
              ElementsAre(Pair(1, 0)));
}

TEST(PrefixTrieTest, TakesAllBytes) {
  std::vector<std::string> keys;
  for (int byte = 0; byte < 256; ++byte) {
    keys.push_back(std::string(1, static_cast<char>(byte)));
  }
  std::vector<std::pair<absl::string_view, int32_t>> entries;
  for (int byte = 0; byte < 256; ++byte) entries.emplace_back(keys[byte], byte);
  const PrefixTrie trie(entries);
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_THAT(Prefixes(trie, keys[byte]), ElementsAre(Pair(1, byte)));
  }
}

// Few letters make many shared prefixes, many letters make wide nodes.
TEST(PrefixTrieTest, AgreesWithASearchOfAllStrings) {
  for (const int num_letters : {2, 40, 200}) {
    std::mt19937 random(num_letters);
    const auto make = [&random, num_letters] {
      std::string text;
      for (int n = random() % 6; n >= 0; --n) {
        text.push_back(static_cast<char>(random() % num_letters));
      }
      return text;
    };
    std::map<std::string, int32_t> strings;
    for (int i = 0; i < 3000; ++i) strings[make()] = i;
    const PrefixTrie trie({strings.begin(), strings.end()});
    for (int i = 0; i < 3000; ++i) {
      const std::string text = make() + make();
      Found expected;
      for (size_t n = 1; n <= text.size(); ++n) {
        const auto it = strings.find(text.substr(0, n));
        if (it != strings.end()) expected.emplace_back(n, it->second);
      }
      EXPECT_EQ(Prefixes(trie, text), expected);
    }
  }
}

}  // namespace
}  // namespace parley
