#include "engine/tokenizer/model_reader.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/json_text.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<TokenId> Encode(absl::string_view json, absl::string_view word) {
  const auto model = ReadPart(ReadSubwordModel, json);
  EXPECT_TRUE(model.ok()) << model.status();
  std::vector<Subword> pieces;
  if (!model.ok() || !(*model)->Encode(word, &pieces)) return {-1};
  std::vector<TokenId> ids;
  for (const Subword& piece : pieces) ids.push_back(piece.id);
  return ids;
}

std::string Error(absl::string_view json) {
  return InvalidMessage(ReadPart(ReadSubwordModel, json).status());
}

std::string WordPiece(absl::string_view vocab) {
  return absl::StrCat(R"({"type": "WordPiece", "unk_token": "[UNK]",
      "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
      "vocab": )",
                      vocab, "}");
}

std::string Bpe(absl::string_view merges) {
  return absl::StrCat(R"({"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2},
                          "merges": )",
                      merges, "}");
}

TEST(ModelReaderTest, WordPieceModel) {
  EXPECT_THAT(Encode(WordPiece(R"({"[UNK]": 0, "a": 5, "##b": 2})"), "ab"),
              ElementsAre(5, 2));
}

TEST(ModelReaderTest, BpeModel) {
  EXPECT_THAT(Encode(Bpe(R"(["a b"])"), "aba"), ElementsAre(2, 0));
  EXPECT_THAT(Encode(Bpe(R"(["#version: 0.2", "a b"])"), "ab"), ElementsAre(2));
  EXPECT_THAT(Encode(Bpe(R"([["a", "b"]])"), "ab"), ElementsAre(2));
  EXPECT_THAT(Error(Bpe(R"(["a b c"])")), HasSubstr("merges of two tokens"));
  EXPECT_THAT(Error(Bpe(R"(["ab"])")), HasSubstr("merges of two tokens"));
  EXPECT_THAT(Error(Bpe(R"([["a", 1]])")), HasSubstr("merges of two tokens"));
  EXPECT_THAT(Error(Bpe(R"(["a x"])")), HasSubstr("t.json: part: "));
  EXPECT_EQ(Error(Bpe("{}")),
            "t.json: part.merges is object, expected an array of merges");
  EXPECT_EQ(Error(Bpe(R"([], "dropout": 0.1)")),
            "t.json: part.dropout is set, which would make cutting random");
}

TEST(ModelReaderTest, UnigramModel) {
  const std::string model = R"({"type": "Unigram", "unk_id": 0,
      "vocab": [["<unk>", 0.0], ["a", -1], ["aa", -1.5]]})";
  EXPECT_THAT(Encode(model, "aaa"), ElementsAre(1, 2));
  EXPECT_THAT(Error(R"({"type": "Unigram", "vocab": [["a"]]})"),
              HasSubstr("expected pieces with their scores"));
  EXPECT_THAT(Error(R"({"type": "Unigram", "unk_id": 7,
                        "vocab": [["a", 0.0]]})"),
              HasSubstr("t.json: part: "));
}

TEST(ModelReaderTest, TellsOldFilesByTheirKeys) {
  EXPECT_THAT(Encode(R"({"vocab": {"a": 0}, "merges": []})", "a"),
              ElementsAre(0));
  EXPECT_THAT(Encode(R"({"vocab": [["a", 0.0]], "unk_id": 0})", "a"),
              ElementsAre(0));
  EXPECT_THAT(Encode(R"({"vocab": {"a": 0}, "unk_token": "a",
                         "continuing_subword_prefix": "##",
                         "max_input_chars_per_word": 9})",
                     "a"),
              ElementsAre(0));
}

TEST(ModelReaderTest, NamesUnknownModels) {
  for (absl::string_view json :
       {R"({"type": "WordLevel", "vocab": {}})", R"({"vocab": {"a": 0}})"}) {
    const auto model = ReadPart(ReadSubwordModel, json);
    EXPECT_EQ(model.status().code(), absl::StatusCode::kUnimplemented);
    EXPECT_EQ(model.status().message(),
              "t.json: part: the type \"WordLevel\" is not supported");
  }
  EXPECT_EQ(Error("7"), "t.json: part is 7, expected an object");
}

TEST(ModelReaderTest, ChecksIds) {
  EXPECT_EQ(Error(WordPiece(R"({"a": 1, "b": 1})")),
            "t.json: part.vocab has the id 1 twice: of \"a\" and of \"b\"");
  EXPECT_THAT(Error(WordPiece(R"({"a": -1})")),
              HasSubstr("t.json: part.vocab.a is -1, expected an integer"));
  EXPECT_THAT(Error(WordPiece(R"({"a": 99999999999})")),
              HasSubstr("expected an integer from 0 to 2097151"));
  EXPECT_THAT(Error(WordPiece(R"({"a": 2097152})")),
              HasSubstr("expected an integer from 0 to 2097151"));
  EXPECT_THAT(Error(WordPiece(R"({"a": "0"})")), HasSubstr("is \"0\""));
  EXPECT_THAT(Error(WordPiece(R"({"a": 1.5})")), HasSubstr("is 1.5"));
  EXPECT_THAT(Error(WordPiece("[]")),
              HasSubstr("expected an object of ids by token"));
  EXPECT_THAT(
      Error(WordPiece(absl::StrCat("{\"", std::string(2000, 'x'), "\": 0}"))),
      HasSubstr("has a token of 2000 bytes, expected at most 1024"));
}

}  // namespace
}  // namespace parley
