#include "engine/tokenizer/sentencepiece_check.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/tokenizer/sentencepiece_bridge.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/crafted_model.h"
#include "tests/engine/tokenizer/model_directory.h"

namespace parley {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const char kTestData[] = "tests/engine/tokenizer/testdata";

void ExpectRefused(const std::string& model, const std::string& message) {
  const absl::Status status = CheckSentencePieceModel(model, "dir/source.spm");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << message;
  EXPECT_THAT(std::string(status.message()),
              StartsWith("dir/source.spm: not a sound SentencePiece model: "));
  EXPECT_THAT(status.message(), HasSubstr(message));
}

// Loads and uses what the check lets through; true where it was let through.
bool SurvivesUse(const std::string& model) {
  if (!CheckSentencePieceModel(model, "x").ok()) return false;
  std::string error;
  const auto loaded = SentencePieceModel::FromBytes(model, &error);
  if (loaded == nullptr) return true;
  std::vector<SentencePiece> pieces;
  std::string text;
  loaded->Encode("A \xEF\xAC\x81 \xE6\xBC\xA2 e\xCC\x81 <br>\xFF ab", &pieces,
                 &error);
  std::vector<std::string> strings = {"a", "<unk>", ""};
  for (const SentencePiece& piece : pieces) strings.push_back(piece.piece);
  loaded->Decode(strings, &text, &error);
  return true;
}

// A small generator with a fixed seed, the same everywhere.
class Random {
 public:
  uint32_t Below(uint32_t limit) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state_ >> 33) % limit;
  }

 private:
  uint64_t state_ = 20260131;
};

TEST(SentencePieceCheckTest, AcceptsSoundModels) {
  for (const std::string& path :
       {std::string("models/demo/source.spm"),
        std::string(kTestData) + "/separate/source.spm",
        std::string(kTestData) + "/separate/target.spm",
        std::string(kTestData) + "/added/source.spm"}) {
    EXPECT_EQ(CheckSentencePieceModel(ReadTestFile(path), path),
              absl::OkStatus());
  }
  EXPECT_EQ(CheckSentencePieceModel(SmallModel(), "x"), absl::OkStatus());
  EXPECT_TRUE(SurvivesUse(SmallModel() + WireCharsMap(SmallCharsMap())));
}

TEST(SentencePieceCheckTest, RefusesLargeFiles) {
  const absl::Status status = CheckSentencePieceModel(
      std::string(kMaxSentencePieceFileBytes + 1, '\0'), "source.spm");
  EXPECT_THAT(status.message(),
              HasSubstr("source.spm: it has 67108865 bytes, expected at most"));
}

TEST(SentencePieceCheckTest, RefusesBrokenWireFormat) {
  ExpectRefused("", "0 pieces of type UNKNOWN");
  ExpectRefused("\x80", "ends inside a number");
  ExpectRefused(std::string(11, '\x80'), "longer than ten bytes");
  ExpectRefused(std::string(1, '\0'), "number is out of range");
  ExpectRefused(WireVarint(uint64_t{1} << 32), "number is out of range");
  for (int wire_type : {3, 4, 6, 7}) {
    ExpectRefused(WireTag(9, wire_type), absl::StrCat("wire type ", wire_type));
  }
  ExpectRefused(WireTag(9, 5) + "abc", "ends inside a number");
  ExpectRefused(WireTag(9, 1) + "abcdefg", "ends inside a number");
  ExpectRefused(WireTag(9, 2) + WireVarint(3) + "ab", "3 bytes has only 2");
  ExpectRefused(WireTag(9, 2) + WireVarint(~uint64_t{0}), "has only 0 left");
  // Fields that it does not know are none of its business.
  EXPECT_EQ(CheckSentencePieceModel(
                SmallModel() + WireNumber(9, 1) + WireBytes(200, "abc") +
                    WireFloat(201, 1) + WireTag(202, 1) + "12345678",
                "x"),
            absl::OkStatus());
}

TEST(SentencePieceCheckTest, RefusesFieldsOfAnotherKind) {
  for (int field = 1; field <= 5; ++field) {
    ExpectRefused(WireNumber(field, 1), "is of wire type 0, expected 2");
  }
  ExpectRefused(WireBytes(1, WireNumber(1, 1)), "piece 0: piece is of wire");
  ExpectRefused(WireBytes(1, WireNumber(2, 1)), "piece 0: score is of wire");
  ExpectRefused(WireBytes(1, WireBytes(3, "")), "piece 0: type is of wire");
  ExpectRefused(WireBytes(2, WireBytes(3, "")), "model_type is of wire type");
  ExpectRefused(WireBytes(2, WireNumber(44, 1)), "unk_surface is of wire");
  ExpectRefused(WireBytes(3, WireNumber(2, 1)), "precompiled_charsmap is of");
}

TEST(SentencePieceCheckTest, RefusesPieces) {
  ExpectRefused(SmallModel() + WirePiece(""), "piece 5: it is empty");
  ExpectRefused(SmallModel() + WireBytes(1, ""), "piece 5: it is empty");
  ExpectRefused(SmallModel() + WirePiece(absl::string_view("a\0b", 3)),
                "piece 5: it contains a NUL");
  EXPECT_TRUE(SurvivesUse(SmallModel() + WirePiece(std::string(1024, 'x'))));
  ExpectRefused(SmallModel() + WirePiece(std::string(1025, 'x')),
                "piece 5: it has 1025 bytes, expected at most 1024");
  for (uint64_t type :
       {uint64_t{0}, uint64_t{7}, ~uint64_t{0}, (uint64_t{1} << 32) + 2}) {
    ExpectRefused(SmallModel() + WirePiece("x", type),
                  absl::StrCat("piece 5: its type is ", type));
  }
  for (float score : {std::numeric_limits<float>::infinity(),
                      -std::numeric_limits<float>::infinity(),
                      std::numeric_limits<float>::quiet_NaN()}) {
    ExpectRefused(SmallModel() + WirePiece("x", 1, score),
                  "piece 5: its score is not finite");
  }
  // What counts is the last, but each is checked.
  ExpectRefused(
      SmallModel() + WireBytes(1, WireBytes(1, std::string(1025, 'x')) +
                                      WireBytes(1, "x")),
      "1025 bytes");
}

TEST(SentencePieceCheckTest, WantsOneUnknownPiece) {
  ExpectRefused(WirePiece("a"), "it has 0 pieces of type UNKNOWN");
  ExpectRefused(SmallModel() + WirePiece("<u>", 2), "it has 2 pieces of type");
}

TEST(SentencePieceCheckTest, RefusesTooManyPieces) {
  std::string model;
  const std::string piece = WireBytes(1, WireBytes(1, "x"));
  for (int i = 0; i <= kMaxPieces; ++i) model += piece;
  ExpectRefused(model, "it has more than 2097152 pieces");
}

TEST(SentencePieceCheckTest, RefusesUserPiecesNestedTooDeep) {
  std::string model = SmallModel();
  for (int n = 1; n <= kMaxNestedUserPieces; ++n) {
    model += WirePiece(std::string(n, 'u'), 4);
  }
  EXPECT_TRUE(SurvivesUse(model));
  model += WirePiece(std::string(kMaxNestedUserPieces + 1, 'u'), 4);
  ExpectRefused(model, "more than 64 pieces of type USER_DEFINED");
}

TEST(SentencePieceCheckTest, RefusesTrainerSpecs) {
  for (uint64_t type : {1, 2, 3, 4}) {
    EXPECT_TRUE(SurvivesUse(SmallModel() + WireBytes(2, WireNumber(3, type))));
  }
  for (uint64_t type : {uint64_t{0}, uint64_t{5}, ~uint64_t{0}}) {
    ExpectRefused(SmallModel() + WireBytes(2, WireNumber(3, type)),
                  absl::StrCat("model_type is ", type));
  }
  ExpectRefused(
      SmallModel() + WireBytes(2, WireBytes(44, std::string(257, 'x'))),
      "unk_surface has 257 bytes");
}

TEST(SentencePieceCheckTest, RefusesLongSelfTests) {
  ExpectRefused(
      SmallModel() + WireBytes(4, std::string(kMaxSelfTestBytes + 1, '\0')),
      "self_test_data has 65537 bytes");
}

TEST(SentencePieceCheckTest, ChecksEveryCharacterMap) {
  const std::string broken = WireBytes(2, "broken map");
  ExpectRefused(SmallModel() + WireBytes(3, broken), "character map: ");
  ExpectRefused(SmallModel() + WireBytes(5, broken), "character map: ");
  ExpectRefused(
      SmallModel() + WireCharsMap("broken map") + WireCharsMap(SmallCharsMap()),
      "character map: ");
  EXPECT_TRUE(SurvivesUse(SmallModel() + WireCharsMap("")));
}

TEST(SentencePieceCheckTest, WhatItLetsThroughIsLoadedOrRefused) {
  // SentencePiece finds these itself.
  for (const std::string& more :
       {WirePiece("a"), WirePiece("<0x41>", 6), WirePiece("x", 6),
        WireBytes(2, WireNumber(35, 1))}) {
    const std::string model = SmallModel() + more;
    ASSERT_TRUE(CheckSentencePieceModel(model, "x").ok());
    std::string error;
    EXPECT_EQ(SentencePieceModel::FromBytes(model, &error), nullptr);
    EXPECT_NE(error, "");
  }
}

TEST(SentencePieceCheckTest, TruncationsOfTheDemoModelNeverCrash) {
  const std::string model = ReadTestFile("models/demo/source.spm");
  int num_refused = 0;
  for (int i = 0; i < 100; ++i) {
    const bool survived = SurvivesUse(model.substr(0, model.size() * i / 100));
    num_refused += survived ? 0 : 1;
  }
  EXPECT_GT(num_refused, 90);
}

TEST(SentencePieceCheckTest, MutationsOfTheDemoModelNeverCrash) {
  const std::string model = ReadTestFile("models/demo/source.spm");
  Random random;
  for (int i = 0; i < 100; ++i) {
    std::string mutated = model;
    const uint32_t num_changes = 1 + random.Below(8);
    for (uint32_t n = 0; n < num_changes; ++n) {
      mutated[random.Below(static_cast<uint32_t>(mutated.size()))] =
          static_cast<char>(random.Below(256));
    }
    SurvivesUse(mutated);
  }
}

TEST(SentencePieceCheckTest, ChangesOfSmallModelsNeverCrash) {
  for (const char* name : {"/separate/source.spm", "/added/source.spm"}) {
    const std::string model = ReadTestFile(std::string(kTestData) + name);
    for (size_t i = 0; i < model.size(); ++i) {
      SurvivesUse(model.substr(0, i));
      for (int change : {0x01, 0x80, 0xFF}) {
        std::string mutated = model;
        mutated[i] = static_cast<char>(mutated[i] ^ change);
        SurvivesUse(mutated);
      }
    }
  }
}

}  // namespace
}  // namespace parley
