#include "engine/tokenizer/text/charsmap_check.h"

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/crafted_model.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

constexpr absl::string_view kReplacements("a\0", 2);

void ExpectRefused(absl::string_view charsmap, const std::string& message) {
  const absl::Status status = CheckCharsMap(charsmap);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << message;
  EXPECT_THAT(status.message(), HasSubstr(message));
}

// A chain of `length` nodes, each in its own block, each with a rule where
// `rules` says so.
CraftedTrie Chain(int length, bool rules) {
  CraftedTrie trie(256 * (length + 2));
  trie.SetRoot(256);
  for (int i = 0; i < length; ++i) {
    const uint32_t base = 256 * (i + 1);
    trie.AddChild(base, 'x', base + 256, rules);
    if (rules) trie.SetValue(base + 256, 0);
  }
  return trie;
}

TEST(CharsMapCheckTest, AcceptsSoundMaps) {
  EXPECT_TRUE(CheckCharsMap(SmallCharsMap()).ok());
  EXPECT_TRUE(CheckCharsMap(Chain(32, true).CharsMap(kReplacements)).ok());
  EXPECT_TRUE(CheckCharsMap(Chain(256, false).CharsMap(kReplacements)).ok());
}

TEST(CharsMapCheckTest, AcceptsSharedNodes) {
  CraftedTrie trie;
  trie.SetRoot(1);
  for (uint8_t byte : {'A', 'B', 'C'}) {
    trie.AddChild(1, byte, 0x80, /*has_rule=*/true);
  }
  trie.SetValue(0x80, 1);
  EXPECT_TRUE(CheckCharsMap(trie.CharsMap(kReplacements)).ok());
}

TEST(CharsMapCheckTest, RefusesReplacementsInsideCharacters) {
  CraftedTrie trie;
  trie.SetRoot(1);
  trie.AddChild(1, 'A', 0x80, /*has_rule=*/true);
  trie.SetValue(0x80, 1);
  ExpectRefused(trie.CharsMap(absl::string_view("\u00e9\0", 3)),
                "begins inside a character");
}

TEST(CharsMapCheckTest, RefusesWrongSizes) {
  ExpectRefused("", "too short");
  ExpectRefused("abc", "too short");
  const std::string map = SmallCharsMap();
  for (uint32_t size : {0u, 4u, 1023u, 1025u, 0xFFFFFFFFu}) {
    ExpectRefused(LittleEndian32(size) + map.substr(4), "a multiple of 1024");
  }
  for (uint32_t size : {2048u, 0xFFFFFC00u}) {
    ExpectRefused(LittleEndian32(size) + map.substr(4), "bytes follow");
  }
  // SentencePiece compares with a size that counts the first four bytes.
  for (size_t n : {1024u, 1025u, 1027u, 1028u}) {
    ExpectRefused(map.substr(0, n), "bytes follow");
  }
  ExpectRefused(std::string(kMaxCharsMapBytes + 1, '\0'),
                "expected at most 4194304");
}

TEST(CharsMapCheckTest, RefusesReplacementsWithoutEnd) {
  CraftedTrie trie;
  trie.SetRoot(1);
  ExpectRefused(trie.CharsMap("a"), "do not end in NUL");
  const std::string longest(kMaxCharsMapReplacementBytes, 'x');
  EXPECT_TRUE(CheckCharsMap(trie.CharsMap(longest + '\0')).ok());
  ExpectRefused(trie.CharsMap(longest + std::string("x\0", 2)),
                "a replacement is longer than 256");
}

TEST(CharsMapCheckTest, RefusesOffsetsOutOfRange) {
  CraftedTrie root;
  root.SetRoot(256);
  ExpectRefused(root.CharsMap(kReplacements), "leads to unit 256 of 256");
  CraftedTrie child;
  child.SetRoot(1);
  child.AddChild(1, 'A', 0x1000, /*has_rule=*/false);
  ExpectRefused(child.CharsMap(kReplacements), "leads to unit 4096 of 256");
  CraftedTrie far;
  far.SetRoot(1);
  far.SetUnit(1 ^ 'A', 0x7FFFFE00u | 'A');
  ExpectRefused(far.CharsMap(kReplacements), "leads to unit");
  CraftedTrie value;
  value.SetRoot(1);
  value.AddChild(1, 'A', 0x80, /*has_rule=*/true);
  value.SetValue(0x80, 2);
  ExpectRefused(value.CharsMap(kReplacements), "is at byte 2 of 2");
  value.SetValue(0x80, 0x7FFFFFFF);
  ExpectRefused(value.CharsMap(kReplacements), "is at byte 2147483647 of 2");
}

TEST(CharsMapCheckTest, RefusesWaysWithoutEnd) {
  CraftedTrie self;
  self.SetRoot(1);
  self.AddChild(1, 'A', 1, /*has_rule=*/false);
  ExpectRefused(self.CharsMap(kReplacements), "leads back to itself");
  CraftedTrie loop(1024);
  loop.SetRoot(256);
  loop.AddChild(256, 'A', 512, /*has_rule=*/false);
  loop.AddChild(512, 'B', 256, /*has_rule=*/false);
  ExpectRefused(loop.CharsMap(kReplacements), "leads back to itself");
  // Units of zero are a way for NULs.
  ExpectRefused(LittleEndian32(1024) + std::string(1025, '\0'),
                "leads back to itself");
}

TEST(CharsMapCheckTest, RefusesWaysTooLong) {
  ExpectRefused(Chain(257, false).CharsMap(kReplacements),
                "a rule is longer than 256");
  ExpectRefused(Chain(1000, false).CharsMap(kReplacements),
                "a rule is longer than 256");
}

TEST(CharsMapCheckTest, RefusesMoreRulesOnOneWayThanThereIsRoomFor) {
  ExpectRefused(Chain(33, true).CharsMap(kReplacements),
                "more than 32 rules are prefixes");
}

TEST(CharsMapCheckTest, CountsTheLongestWayOfSharedNodes) {
  // A chain of 200 that is entered at its front, and by a chain of 100.
  CraftedTrie trie(256 * 302);
  trie.SetRoot(256);
  const auto base = [](int i) { return static_cast<uint32_t>(256 * (i + 1)); };
  trie.AddChild(base(0), 'a', base(101), /*has_rule=*/false);
  trie.AddChild(base(0), 'b', base(1), /*has_rule=*/false);
  for (int i = 1; i < 300; ++i) {
    trie.AddChild(base(i), 'x', base(i + 1), /*has_rule=*/false);
  }
  ExpectRefused(trie.CharsMap(kReplacements), "a rule is longer than 256");
}

TEST(CharsMapCheckTest, AnyBitMayFlip) {
  const std::string map = SmallCharsMap();
  int num_refused = 0;
  for (size_t i = 0; i < 8 * map.size(); ++i) {
    std::string flipped = map;
    flipped[i / 8] = static_cast<char>(flipped[i / 8] ^ (1 << i % 8));
    num_refused += CheckCharsMap(flipped).ok() ? 0 : 1;
  }
  EXPECT_GT(num_refused, 30);
}

}  // namespace
}  // namespace parley
