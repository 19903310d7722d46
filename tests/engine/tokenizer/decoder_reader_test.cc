#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "engine/tokenizer/step_readers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/json_text.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

constexpr auto kRead = [](const JsonNode& node) { return ReadDecoder(node); };

std::string Decode(absl::string_view json, std::vector<std::string> tokens) {
  const auto decoder = ReadPart(kRead, json);
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  if (!decoder.ok() || *decoder == nullptr) return "none";
  (*decoder)->Apply(&tokens);
  return absl::StrJoin(tokens, "");
}

std::string Error(absl::string_view json) {
  return InvalidMessage(ReadPart(kRead, json).status());
}

TEST(DecoderReaderTest, EachType) {
  EXPECT_EQ(Decode("null", {}), "none");
  EXPECT_EQ(Decode(R"({"type": "WordPiece", "prefix": "@", "cleanup": false})",
                   {"a", "@b", "."}),
            "ab .");
  EXPECT_EQ(Decode(R"({"type": "ByteFallback"})", {"<0x41>"}), "A");
  EXPECT_EQ(Decode(R"({"type": "ByteLevel"})", {"Ġa"}), " a");
  EXPECT_EQ(Decode(R"({"type": "Fuse"})", {"a", "b"}), "ab");
  EXPECT_EQ(
      Decode(R"({"type": "Metaspace", "replacement": "_"})", {"_a", "_b"}),
      "a b");
  EXPECT_EQ(Decode(R"({"type": "Strip", "content": " ", "start": 1,
                       "stop": 0})",
                   {"  a "}),
            " a ");
}

TEST(DecoderReaderTest, ReplaceInSequence) {
  EXPECT_EQ(Decode(R"({"type": "Sequence", "decoders": [
                       {"type": "Replace", "pattern": {"String": "_"},
                        "content": " "}, {"type": "Fuse"}]})",
                   {"a_", "b"}),
            "a b");
}

TEST(DecoderReaderTest, RefusesWhatIsWrong) {
  EXPECT_EQ(Error(R"({"type": "WordPiece", "prefix": "@"})"),
            "t.json: part.cleanup is missing, expected true or false");
  EXPECT_EQ(Error(R"({"type": "Strip", "content": "ab"})"),
            "t.json: part.content is \"ab\", expected one character");
  EXPECT_THAT(Error(R"({"type": "Strip", "content": " ", "start": -1})"),
              HasSubstr("t.json: part.start is -1, expected an integer"));
  EXPECT_EQ(Error(R"({"type": "Sequence", "decoders": [null]})"),
            "t.json: part.decoders[0] is missing, expected a decoder");
  EXPECT_EQ(ReadPart(kRead, R"({"type": "CTC"})").status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST(DecoderReaderTest, LimitsNesting) {
  std::string json = R"({"type": "Fuse"})";
  for (int i = 0; i <= kMaxNestedSteps; ++i) {
    json = absl::StrCat(R"({"type": "Sequence", "decoders": [)", json, "]}");
  }
  EXPECT_THAT(Error(json), HasSubstr("is nested too deep"));
}

}  // namespace
}  // namespace parley
