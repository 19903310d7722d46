#include "engine/tokenizer/piece_cutter.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/crafted_model.h"
#include "tests/engine/tokenizer/model_directory.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

const char kModel[] = "models/demo/source.spm";
const char kUnknown[] = "\u6F22";  // To the demo model.

PieceCutter LoadDemo() {
  auto cutter = PieceCutter::Load(kModel);
  EXPECT_TRUE(cutter.ok()) << cutter.status();
  return *std::move(cutter);
}

std::string Repeat(const std::string& text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) repeated += text;
  return repeated;
}

std::vector<std::string> Strings(const std::vector<SentencePiece>& pieces) {
  std::vector<std::string> strings;
  for (const SentencePiece& piece : pieces) strings.push_back(piece.piece);
  return strings;
}

// The pieces that SentencePiece itself makes of a whole text.
std::vector<std::string> WholeText(const std::string& text) {
  std::string error;
  const auto model =
      SentencePieceModel::FromBytes(ReadTestFile(kModel), &error);
  std::vector<SentencePiece> pieces;
  EXPECT_TRUE(model->Encode(text, &pieces, &error)) << error;
  return Strings(pieces);
}

void ExpectSoundOffsets(const std::vector<SentencePiece>& pieces,
                        const std::string& text) {
  size_t last = 0;
  for (const SentencePiece& piece : pieces) {
    ASSERT_LE(last, piece.begin);
    ASSERT_LE(piece.begin, piece.end);
    last = piece.end;
  }
  ASSERT_LE(last, text.size());
}

TEST(PieceCutterTest, CutsAsSentencePieceDoes) {
  const PieceCutter cutter = LoadDemo();
  const std::string unknown = kUnknown;
  for (const std::string& text :
       {std::string(), std::string("A man is standing."),
        std::string(3000, 'a'), Repeat("A man in a blue shirt. ", 3000),
        Repeat(unknown, 341),
        // Runs of unknown characters around the limit, and what may be in them.
        Repeat(unknown, 1023), Repeat(unknown, 1024), Repeat(unknown, 1025),
        Repeat(unknown, 2048), Repeat(unknown, 5000),
        "a" + Repeat(unknown, 3000) + "b c", Repeat(unknown + " ", 3000),
        Repeat(unknown + "\u0001", 3000), Repeat(unknown + "\t", 3000),
        Repeat("\u0001" + unknown, 3000), Repeat("\u0301", 3000),
        Repeat(unknown, 1024) + " " + unknown,
        Repeat(unknown, 1024) + "\t" + unknown,
        Repeat(unknown, 1024) + "\u0001" + unknown, Repeat(unknown, 1024) + "a",
        Repeat("\uFFFD", 2000), std::string(3000, '\xFF'),
        std::string(3000, '\0'), std::string(3000, ' ')}) {
    const auto pieces = cutter.Cut(text);
    ASSERT_TRUE(pieces.ok()) << pieces.status();
    EXPECT_EQ(Strings(*pieces), WholeText(text)) << text.substr(0, 20);
    ExpectSoundOffsets(*pieces, text);
  }
}

TEST(PieceCutterTest, UnknownRunsKeepTheirPlace) {
  const PieceCutter cutter = LoadDemo();
  const std::string text = "a" + Repeat(kUnknown, 3000) + " b";
  const auto pieces = cutter.Cut(text);
  ASSERT_TRUE(pieces.ok());
  ASSERT_EQ(pieces->size(), 3u);
  EXPECT_TRUE((*pieces)[1].unknown);
  EXPECT_EQ((*pieces)[1].piece, Repeat(kUnknown, 3000));
  EXPECT_EQ((*pieces)[1].begin, 1u);
  EXPECT_EQ((*pieces)[1].end, 9001u);
}

TEST(PieceCutterTest, PartsMeetAtSpaces) {
  const PieceCutter cutter = LoadDemo();
  // Several parts of text, whose words are cut as they are alone.
  const std::string sentence = "Two dogs play in the snow. ";
  const int times = static_cast<int>(3 * kMaxPartBytes / sentence.size());
  const std::vector<std::string> expected_one = WholeText(sentence);
  const std::string text = Repeat(sentence, times);
  ASSERT_GT(text.size(), 2 * kMaxPartBytes);
  const auto pieces = cutter.Cut(text);
  ASSERT_TRUE(pieces.ok());
  ExpectSoundOffsets(*pieces, text);
  const std::vector<std::string> strings = Strings(*pieces);
  ASSERT_EQ(strings.size(), expected_one.size() * times);
  for (size_t i = 0; i < strings.size(); ++i) {
    ASSERT_EQ(strings[i], expected_one[i % expected_one.size()]) << i;
  }
}

TEST(PieceCutterTest, AMegabyteWithoutASpace) {
  const PieceCutter cutter = LoadDemo();
  const std::string letters(1 << 20, 'e');
  const auto cut = cutter.Cut(letters);
  ASSERT_TRUE(cut.ok());
  ExpectSoundOffsets(*cut, letters);
  EXPECT_EQ(cut->back().end, letters.size());
  std::string joined;
  for (const SentencePiece& piece : *cut) joined += piece.piece;
  // One space at the front, and one for each cut.
  EXPECT_EQ(joined.size(), letters.size() + 3 * 8);
  const std::string unknown = Repeat(kUnknown, 350000);
  const auto one = cutter.Cut(unknown);
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(one->size(), 2u);
  EXPECT_EQ(one->back().end, unknown.size());
}

TEST(PieceCutterTest, CutsBetweenCharacters) {
  const PieceCutter cutter = LoadDemo();
  for (int shift = 0; shift < 3; ++shift) {
    const std::string text =
        std::string(shift, 'a') + Repeat("\u00E9", kMaxPartBytes);
    const auto pieces = cutter.Cut(text);
    ASSERT_TRUE(pieces.ok());
    for (const SentencePiece& piece : *pieces) ASSERT_FALSE(piece.unknown);
  }
}

TEST(PieceCutterTest, Joins) {
  const PieceCutter cutter = LoadDemo();
  EXPECT_EQ(*cutter.Join({"\u2581A", "\u2581man", ".", kUnknown}),
            absl::StrCat("A man.", kUnknown));
  EXPECT_EQ(*cutter.Join({}), "");
}

TEST(PieceCutterTest, RefusalsNameTheFile) {
  const ModelDirectory directory;
  const std::string path = directory.PathOf("source.spm");
  EXPECT_EQ(PieceCutter::Load(path).status().code(),
            absl::StatusCode::kNotFound);
  directory.Write("source.spm", "not a model");
  EXPECT_THAT(PieceCutter::Load(path).status().message(),
              HasSubstr("/source.spm: not a sound SentencePiece model: "));
  directory.Write("source.spm", SmallModel() + WirePiece("a"));
  const absl::Status status = PieceCutter::Load(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(),
              HasSubstr("/source.spm: SentencePiece cannot load it: "));
}

}  // namespace
}  // namespace parley
