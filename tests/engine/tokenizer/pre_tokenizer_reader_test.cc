#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "engine/tokenizer/step_readers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/json_text.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kRead = [](const JsonNode& node) {
  return ReadPreTokenizer(node);
};

std::vector<std::string> Cut(absl::string_view json, absl::string_view text) {
  const auto pre_tokenizer = ReadPart(kRead, json);
  EXPECT_TRUE(pre_tokenizer.ok()) << pre_tokenizer.status();
  if (!pre_tokenizer.ok() || *pre_tokenizer == nullptr) return {"none"};
  std::vector<AlignedText> words = {AlignedText(text, 0)};
  (*pre_tokenizer)->Apply(&words);
  std::vector<std::string> texts;
  for (const AlignedText& word : words) texts.push_back(word.text);
  return texts;
}

std::string Error(absl::string_view json) {
  return InvalidMessage(ReadPart(kRead, json).status());
}

TEST(PreTokenizerReaderTest, EachType) {
  EXPECT_THAT(Cut("null", "a"), ElementsAre("none"));
  EXPECT_THAT(Cut(R"({"type": "BertPreTokenizer"})", "a b."),
              ElementsAre("a", "b", "."));
  EXPECT_THAT(Cut(R"({"type": "Whitespace"})", "a b.."),
              ElementsAre("a", "b", ".."));
  EXPECT_THAT(Cut(R"({"type": "WhitespaceSplit"})", "a b."),
              ElementsAre("a", "b."));
  EXPECT_THAT(Cut(R"({"type": "Digits", "individual_digits": true})", "12"),
              ElementsAre("1", "2"));
  EXPECT_THAT(Cut(R"({"type": "CharDelimiterSplit", "delimiter": "é"})", "aéb"),
              ElementsAre("a", "b"));
  EXPECT_THAT(Cut(R"({"type": "Punctuation"})", "a.."),
              ElementsAre("a", ".", "."));
  EXPECT_THAT(
      Cut(R"({"type": "Punctuation", "behavior": "Contiguous"})", "a.."),
      ElementsAre("a", ".."));
  EXPECT_THAT(Cut(R"({"type": "Metaspace", "replacement": "_"})", "a b"),
              ElementsAre("_a", "_b"));
  EXPECT_THAT(Cut(R"({"type": "ByteLevel", "add_prefix_space": true})", "a b"),
              ElementsAre("Ġa", "Ġb"));
}

TEST(PreTokenizerReaderTest, Split) {
  const auto split = [](absl::string_view behavior) {
    return absl::StrCat(R"({"type": "Split", "pattern": {"String": "-"},
                            "invert": false, "behavior": ")",
                        behavior, "\"}");
  };
  EXPECT_THAT(Cut(split("Removed"), "a-b"), ElementsAre("a", "b"));
  EXPECT_THAT(Cut(split("Isolated"), "a-b"), ElementsAre("a", "-", "b"));
  EXPECT_THAT(Cut(split("MergedWithPrevious"), "a-b"), ElementsAre("a-", "b"));
  EXPECT_THAT(Cut(split("MergedWithNext"), "a-b"), ElementsAre("a", "-b"));
  EXPECT_THAT(Error(split("removed")),
              HasSubstr("t.json: part.behavior is \"removed\", expected"));
}

TEST(PreTokenizerReaderTest, Sequence) {
  EXPECT_THAT(Cut(R"({"type": "Sequence", "pretokenizers": [
                      {"type": "WhitespaceSplit"}, {"type": "Punctuation"}]})",
                  "a b."),
              ElementsAre("a", "b", "."));
  EXPECT_EQ(
      Error(R"({"type": "Sequence", "pretokenizers": [null]})"),
      "t.json: part.pretokenizers[0] is missing, expected a pre-tokenizer");
  EXPECT_EQ(Error(R"({"type": "Sequence"})"),
            "t.json: part.pretokenizers is missing, expected an array");
}

TEST(PreTokenizerReaderTest, LimitsNesting) {
  std::string json = R"({"type": "Whitespace"})";
  for (int i = 0; i <= kMaxNestedSteps; ++i) {
    json =
        absl::StrCat(R"({"type": "Sequence", "pretokenizers": [)", json, "]}");
  }
  EXPECT_THAT(Error(json), HasSubstr("is nested too deep"));
}

TEST(PreTokenizerReaderTest, RefusesWhatIsWrong) {
  EXPECT_EQ(Error(R"({"type": "CharDelimiterSplit", "delimiter": "ab"})"),
            "t.json: part.delimiter is \"ab\", expected one character");
  EXPECT_EQ(Error(R"({"type": "CharDelimiterSplit", "delimiter": ""})"),
            "t.json: part.delimiter is \"\", expected one character");
  EXPECT_EQ(ReadPart(kRead, R"({"type": "UnicodeScripts"})").status().code(),
            absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace parley
