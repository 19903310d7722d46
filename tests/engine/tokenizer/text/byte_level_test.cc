#include "engine/tokenizer/text/byte_level.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<AlignedText> Apply(absl::string_view text,
                               const ByteLevelOptions& options) {
  std::vector<AlignedText> words = {AlignedText(text, 0)};
  CreateByteLevelPreTokenizer(options)->Apply(&words);
  for (const AlignedText& word : words) {
    EXPECT_EQ(word.text.size(), word.origin.size());
  }
  return words;
}

std::vector<std::string> Words(absl::string_view text) {
  std::vector<std::string> texts;
  for (const AlignedText& word : Apply(text, {.add_prefix_space = false})) {
    texts.push_back(word.text);
  }
  return texts;
}

std::string Origins(const AlignedText& word) {
  return absl::StrJoin(word.origin, " ",
                       [](std::string* out, const ByteRange& range) {
                         absl::StrAppend(out, range.begin, "-", range.end);
                       });
}

TEST(ByteLevelTest, CutsAsGpt2Does) {
  EXPECT_THAT(
      Words("Hello my friend, how's it?"),
      ElementsAre("Hello", "Ġmy", "Ġfriend", ",", "Ġhow", "'s", "Ġit", "?"));
  EXPECT_THAT(Words("abc123 45!?x"),
              ElementsAre("abc", "123", "Ġ45", "!?", "x"));
  EXPECT_THAT(Words("a_b--c"), ElementsAre("a", "_", "b", "--", "c"));
}

TEST(ByteLevelTest, CutsEnglishEndings) {
  EXPECT_THAT(Words("I'm we'll they've you're don't he'd it's"),
              ElementsAre("I", "'m", "Ġwe", "'ll", "Ġthey", "'ve", "Ġyou",
                          "'re", "Ġdon", "'t", "Ġhe", "'d", "Ġit", "'s"));
  // Only in small letters, and not behind another sign or a space.
  EXPECT_THAT(Words("IT'S"), ElementsAre("IT", "'", "S"));
  EXPECT_THAT(Words("!'s"), ElementsAre("!'", "s"));
  EXPECT_THAT(Words(" 's"), ElementsAre("Ġ'", "s"));
  EXPECT_THAT(Words("'sing"), ElementsAre("'s", "ing"));
  EXPECT_THAT(Words("'"), ElementsAre("'"));
  EXPECT_THAT(Words("'l"), ElementsAre("'", "l"));
}

TEST(ByteLevelTest, LeavesTheLastSpaceToTheWord) {
  EXPECT_THAT(Words("a   b"), ElementsAre("a", "ĠĠ", "Ġb"));
  EXPECT_THAT(Words("a \n\nb"), ElementsAre("a", "ĠĊ", "Ċ", "b"));
  EXPECT_THAT(Words("a \t b"), ElementsAre("a", "Ġĉ", "Ġb"));
  EXPECT_THAT(Words("a  "), ElementsAre("a", "ĠĠ"));
  EXPECT_THAT(Words(" "), ElementsAre("Ġ"));
  EXPECT_THAT(Words("\n"), ElementsAre("Ċ"));
  EXPECT_THAT(Words("\u3000\u3000a"), ElementsAre("ãĢĢ", "ãĢĢ", "a"));
  EXPECT_THAT(Words(""), IsEmpty());
}

TEST(ByteLevelTest, SpellsEveryByte) {
  std::string bytes;
  for (char c = 0; c >= 0 && c < 0x7F; ++c) bytes.push_back(c);
  const auto words = Apply(bytes + "\x7F\u00AD\u00FF", {.use_regex = false});
  ASSERT_EQ(words.size(), 1u);
  std::vector<std::string> tokens = {words[0].text};
  CreateByteLevelDecoder()->Apply(&tokens);
  EXPECT_EQ(tokens[0], " " + bytes + "\x7F\u00AD\u00FF");
  EXPECT_THAT(Words(absl::string_view("\0", 1)), ElementsAre("Ā"));
  EXPECT_THAT(Words("\x7F"), ElementsAre("ġ"));
  EXPECT_THAT(Words("\u00AD"), ElementsAre("ÂŃ"));
}

TEST(ByteLevelTest, TiesBytesToTheirCharacter) {
  const auto words = Apply("é犬", {.add_prefix_space = false});
  ASSERT_EQ(words.size(), 1u);
  EXPECT_EQ(words[0].text, "Ã©çĬ¬");
  EXPECT_EQ(Origins(words[0]), "0-2 0-2 0-2 0-2 2-5 2-5 2-5 2-5 2-5 2-5");
}

TEST(ByteLevelTest, PutsASpaceBeforeEachWord) {
  std::vector<AlignedText> words = {AlignedText("a", 0), AlignedText(" b", 1),
                                    AlignedText("\nc", 3)};
  CreateByteLevelPreTokenizer({})->Apply(&words);
  ASSERT_EQ(words.size(), 5u);
  EXPECT_EQ(words[0].text, "Ġa");
  EXPECT_EQ(Origins(words[0]), "0-1 0-1 0-1");
  EXPECT_EQ(words[1].text, "Ġb");
  EXPECT_EQ(words[2].text, "Ġ");
  EXPECT_EQ(words[3].text, "Ċ");
  EXPECT_EQ(words[4].text, "c");
}

TEST(ByteLevelTest, DecodesTokensThatSpellNoBytes) {
  std::vector<std::string> tokens = {"Ġa", "<mask>", "ä½", "犬", "a b", ""};
  CreateByteLevelDecoder()->Apply(&tokens);
  EXPECT_THAT(tokens, ElementsAre(" a", "<mask>", "\xE4\xBD", "犬", "a b", ""));
}

ByteRange Trim(absl::string_view token, absl::string_view text,
               ByteRange offsets) {
  return TrimOffsets({.token = token, .text = text}, offsets);
}

void ExpectRange(ByteRange range, size_t begin, size_t end) {
  EXPECT_EQ(range.begin, begin);
  EXPECT_EQ(range.end, end);
}

TEST(TrimOffsetsTest, LeavesOutSpaces) {
  ExpectRange(Trim("Ġb", "a b", {1, 3}), 2, 3);
  ExpectRange(Trim("ĠĠb", "a  b", {1, 4}), 3, 4);
  ExpectRange(Trim("bĠ", "ab ", {1, 3}), 1, 2);
  ExpectRange(Trim("ĠĠ", "a  ", {1, 3}), 3, 3);
  ExpectRange(Trim("b", "ab", {1, 2}), 1, 2);
  // Only what stands for U+0020.
  ExpectRange(Trim("Ċ", "a\n", {1, 2}), 1, 2);
}

TEST(TrimOffsetsTest, CountsCharacters) {
  ExpectRange(Trim("\u3000x\u3000", "a\u3000x\u3000", {1, 8}), 4, 5);
  ExpectRange(Trim("ĠĠ", "aé", {1, 3}), 3, 3);
}

TEST(TrimOffsetsTest, KeepsTheFirstWordWhereASpaceWasAdded) {
  SpacedToken token = {.token = "Ġa", .text = "a b", .is_first = true};
  ExpectRange(TrimOffsets(token, {0, 1}), 1, 1);
  token.add_prefix_space = true;
  ExpectRange(TrimOffsets(token, {0, 1}), 0, 1);
  token.is_first = false;  // It begins where the text does: the same.
  ExpectRange(TrimOffsets(token, {0, 1}), 0, 1);
  token = {.token = "Ġb", .text = "a b", .add_prefix_space = true};
  ExpectRange(TrimOffsets(token, {1, 3}), 2, 3);
  token = {.token = "ĠĠa", .text = "  a", .add_prefix_space = true};
  ExpectRange(TrimOffsets(token, {0, 3}), 2, 3);
}

}  // namespace
}  // namespace parley
