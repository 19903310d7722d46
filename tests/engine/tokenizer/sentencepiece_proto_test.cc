#include "engine/tokenizer/sentencepiece_proto.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/crafted_model.h"
#include "tests/engine/tokenizer/model_directory.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

TEST(SentencePieceProtoTest, ReadsPieces) {
  const std::string trainer = WireBytes(2, WireNumber(3, 2));
  const std::string model = SmallModel() + WirePiece("<s>", 3, 0.25f) +
                            WireCharsMap(SmallCharsMap()) + trainer;
  const auto proto = ParseSentencePieceProto(model, "x.model");
  ASSERT_TRUE(proto.ok()) << proto.status();
  ASSERT_EQ(proto->pieces.size(), 6u);
  EXPECT_EQ(proto->pieces[0].text, "<unk>");
  EXPECT_EQ(proto->pieces[0].type, SentencePieceProto::PieceType::kUnknown);
  EXPECT_EQ(proto->pieces[4].text, "ab");
  EXPECT_EQ(proto->pieces[4].score, -1);
  EXPECT_EQ(proto->pieces[4].type, SentencePieceProto::PieceType::kNormal);
  EXPECT_EQ(proto->pieces[5].score, 0.25f);
  EXPECT_EQ(proto->pieces[5].type, SentencePieceProto::PieceType::kControl);
  EXPECT_EQ(proto->charsmap, SmallCharsMap());
  EXPECT_EQ(proto->model_type, SentencePieceProto::ModelType::kBpe);
}

TEST(SentencePieceProtoTest, HasTheDefaultsOfTheFormat) {
  const auto proto = ParseSentencePieceProto(
      WirePiece("<unk>", 2) + WireBytes(1, WireBytes(1, "a")), "x.model");
  ASSERT_TRUE(proto.ok()) << proto.status();
  EXPECT_EQ(proto->pieces[1].score, 0);
  EXPECT_EQ(proto->pieces[1].type, SentencePieceProto::PieceType::kNormal);
  EXPECT_EQ(proto->model_type, SentencePieceProto::ModelType::kUnigram);
  EXPECT_EQ(proto->charsmap, "");
}

TEST(SentencePieceProtoTest, ReadsATrainedModel) {
  const auto proto = ParseSentencePieceProto(
      ReadTestFile("models/demo/source.spm"), "source.spm");
  ASSERT_TRUE(proto.ok()) << proto.status();
  EXPECT_EQ(proto->pieces.size(), 8000u);
  EXPECT_EQ(proto->charsmap.size(), 240007u);
}

TEST(SentencePieceProtoTest, RefusesWhatIsNotSound) {
  const std::string model = SmallModel();
  const auto proto = ParseSentencePieceProto(model.substr(0, 9), "x.model");
  EXPECT_EQ(proto.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(proto.status().message(),
              HasSubstr("x.model: not a sound SentencePiece model"));
  for (size_t size = 0; size < model.size(); ++size) {
    ParseSentencePieceProto(model.substr(0, size), "x.model")
        .status()
        .IgnoreError();
  }
}

}  // namespace
}  // namespace parley
