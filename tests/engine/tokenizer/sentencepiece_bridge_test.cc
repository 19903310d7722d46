#include "engine/tokenizer/sentencepiece_bridge.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/crafted_model.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<const SentencePieceModel> LoadSmall() {
  std::string error;
  auto model = SentencePieceModel::FromBytes(
      SmallModel() + WireCharsMap(SmallCharsMap()), &error);
  EXPECT_NE(model, nullptr) << error;
  return model;
}

TEST(SentencePieceBridgeTest, Encodes) {
  const auto model = LoadSmall();
  std::vector<SentencePiece> pieces = {{.piece = "left over"}};
  std::string error;
  ASSERT_TRUE(model->Encode("ab  Ac??", &pieces, &error)) << error;
  struct Expected {
    const char* piece;
    bool unknown;
    size_t begin, end;
  };
  const std::vector<Expected> expected = {
      {"\u2581", false, 0, 0}, {"ab", false, 0, 2}, {"\u2581", false, 2, 4},
      {"a", false, 4, 5},      {"c??", true, 5, 8},
  };
  ASSERT_EQ(pieces.size(), expected.size());
  for (size_t i = 0; i < pieces.size(); ++i) {
    EXPECT_EQ(pieces[i].piece, expected[i].piece) << i;
    EXPECT_EQ(pieces[i].unknown, expected[i].unknown) << i;
    EXPECT_EQ(pieces[i].begin, expected[i].begin) << i;
    EXPECT_EQ(pieces[i].end, expected[i].end) << i;
  }
  ASSERT_TRUE(model->Encode("", &pieces, &error));
  EXPECT_TRUE(pieces.empty());
}

TEST(SentencePieceBridgeTest, Decodes) {
  const auto model = LoadSmall();
  std::string text = "left over";
  std::string error;
  ASSERT_TRUE(model->Decode({"\u2581", "ab", "\u2581", "other", "\xFF", ""},
                            &text, &error));
  EXPECT_EQ(text, "ab other\xFF");
  ASSERT_TRUE(model->Decode({}, &text, &error));
  EXPECT_EQ(text, "");
}

TEST(SentencePieceBridgeTest, Normalizes) {
  const auto model = LoadSmall();
  std::string text;
  std::string error;
  ASSERT_TRUE(model->Normalize(" A  B", &text, &error));
  EXPECT_EQ(text,
            "\u2581"
            "a\u2581"
            "B");
}

TEST(SentencePieceBridgeTest, TakesAnyBytes) {
  const auto model = LoadSmall();
  std::vector<SentencePiece> pieces;
  std::string error;
  const std::string text(
      "a\0\xC3\xFF\xF0\x9F"
      "b",
      7);
  ASSERT_TRUE(model->Encode(text, &pieces, &error)) << error;
  EXPECT_EQ(pieces.front().begin, 0u);
  EXPECT_EQ(pieces.back().end, text.size());
}

TEST(SentencePieceBridgeTest, ReportsWhatCannotBeLoaded) {
  std::string error;
  EXPECT_EQ(SentencePieceModel::FromBytes("not a model", &error), nullptr);
  EXPECT_NE(error, "");
  EXPECT_EQ(
      SentencePieceModel::FromBytes(SmallModel() + WirePiece("a"), &error),
      nullptr);
  EXPECT_THAT(error, HasSubstr("already defined"));
}

}  // namespace
}  // namespace parley
