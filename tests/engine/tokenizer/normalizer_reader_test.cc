#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "engine/tokenizer/step_readers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/json_text.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

constexpr auto kRead = [](const JsonNode& node) {
  return ReadNormalizer(node);
};

std::string Apply(absl::string_view json, absl::string_view text) {
  const auto normalizer = ReadPart(kRead, json);
  EXPECT_TRUE(normalizer.ok()) << normalizer.status();
  if (!normalizer.ok() || *normalizer == nullptr) return "none";
  AlignedText aligned(text, 0);
  (*normalizer)->Apply(&aligned);
  return aligned.text;
}

std::string Error(absl::string_view json) {
  return InvalidMessage(ReadPart(kRead, json).status());
}

TEST(NormalizerReaderTest, EachType) {
  EXPECT_EQ(Apply("null", "A"), "none");
  EXPECT_EQ(Apply(R"({"type": "Lowercase"})", "A"), "a");
  EXPECT_EQ(Apply(R"({"type": "NFC"})", "e\u0301"), "é");
  EXPECT_EQ(Apply(R"({"type": "NFD"})", "é"), "e\u0301");
  EXPECT_EQ(Apply(R"({"type": "NFKC"})", "ﬁé"), "fié");
  EXPECT_EQ(Apply(R"({"type": "NFKD"})", "ﬁé"), "fie\u0301");
  EXPECT_EQ(Apply(R"({"type": "Nmt"})", "a\x01"), "a");
  EXPECT_EQ(Apply(R"({"type": "StripAccents"})", "e\u0301"), "e");
  EXPECT_EQ(Apply(R"({"type": "Prepend", "prepend": "_"})", "a"), "_a");
  EXPECT_EQ(
      Apply(R"({"type": "Strip", "strip_left": true, "strip_right": false})",
            " a "),
      "a ");
  EXPECT_EQ(Apply(R"({"type": "Replace", "pattern": {"Regex": "a+"},
                      "content": "b"})",
                  "caa"),
            "cb");
}

TEST(NormalizerReaderTest, Bert) {
  const auto bert = [](absl::string_view strip_accents) {
    return absl::StrCat(R"({"type": "BertNormalizer", "clean_text": true,
        "handle_chinese_chars": false, "lowercase": true, "strip_accents": )",
                        strip_accents, "}");
  };
  EXPECT_EQ(Apply(bert("null"), "É\t中"), "e 中");
  EXPECT_EQ(Apply(bert("false"), "É"), "é");
  EXPECT_EQ(Error(R"({"type": "BertNormalizer", "clean_text": 1})"),
            "t.json: part.clean_text is 1, expected true or false");
}

TEST(NormalizerReaderTest, Sequence) {
  EXPECT_EQ(Apply(R"({"type": "Sequence", "normalizers": [
                      {"type": "NFD"}, {"type": "StripAccents"}]})",
                  "É"),
            "E");
  EXPECT_EQ(Error(R"({"type": "Sequence", "normalizers": [null]})"),
            "t.json: part.normalizers[0] is missing, expected a normalizer");
}

TEST(NormalizerReaderTest, LimitsNesting) {
  std::string json = R"({"type": "NFC"})";
  for (int i = 0; i < kMaxNestedSteps; ++i) {
    json = absl::StrCat(R"({"type": "Sequence", "normalizers": [)", json, "]}");
  }
  EXPECT_EQ(Apply(json, "a"), "a");
  json = absl::StrCat(R"({"type": "Sequence", "normalizers": [)", json, "]}");
  EXPECT_THAT(Error(json), HasSubstr("is nested too deep"));
}

TEST(NormalizerReaderTest, Precompiled) {
  EXPECT_EQ(Error(R"({"type": "Precompiled", "precompiled_charsmap": "*"})"),
            "t.json: part.precompiled_charsmap is not Base64");
  EXPECT_THAT(
      Error(R"({"type": "Precompiled", "precompiled_charsmap": "AAAA"})"),
      HasSubstr("t.json: part.precompiled_charsmap is not sound: "));
}

TEST(NormalizerReaderTest, NamesUnknownTypes) {
  const auto unknown = ReadPart(kRead, R"({"type": "ByteLevel"})");
  EXPECT_EQ(unknown.status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(unknown.status().message(),
            "t.json: part: the type \"ByteLevel\" is not supported");
  EXPECT_EQ(Error("{}"), "t.json: part.type is missing, expected a string");
  EXPECT_EQ(Error("7"), "t.json: part.type is missing, expected a string");
}

}  // namespace
}  // namespace parley
