#include "engine/tokenizer/tokenizer_json.h"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/engine/tokenizer/json_text.h"
#include "tests/engine/tokenizer/model_directory.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::string_view kFile = R"({
  "version": "1.0", "truncation": {"direction": "Left", "max_length": 9},
  "padding": {"strategy": "BatchLongest"},
  "added_tokens": [{"id": 9, "content": "[MASK]", "special": true}],
  "normalizer": {"type": "Lowercase"},
  "pre_tokenizer": {"type": "WhitespaceSplit"},
  "post_processor": {"type": "BertProcessing", "sep": ["b", 2],
                     "cls": ["a", 1]},
  "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": false},
  "model": {"type": "WordPiece", "unk_token": "u", "vocab": {"u": 0, "a": 1,
            "b": 2, "##c": 3}, "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100}})";

absl::StatusOr<TokenizerSteps> Read(absl::string_view text) {
  auto document = JsonDocument::Parse(text, "t.json");
  if (!document.ok()) return document.status();
  return ReadTokenizerJson(*document);
}

// The message where `from` in the file is replaced.
std::string Error(absl::string_view from, absl::string_view to) {
  EXPECT_THAT(std::string(kFile), HasSubstr(std::string(from)));
  return InvalidMessage(
      Read(absl::StrReplaceAll(kFile, {{from, to}})).status());
}

TEST(TokenizerJsonTest, ReadsSteps) {
  auto steps = Read(kFile);
  ASSERT_TRUE(steps.ok()) << steps.status();
  EXPECT_EQ(steps->truncation_side, TruncationSide::kLeft);
  EXPECT_EQ(steps->max_tokens, std::nullopt);
  const auto tokenizer = CreateStepTokenizer(*std::move(steps));
  const auto encoding = tokenizer->Tokenize("AC b[MASK]x");
  ASSERT_TRUE(encoding.ok());
  EXPECT_THAT(encoding->ids, ElementsAre(1, 3, 2, 4, 0));
  EXPECT_THAT(tokenizer->Assemble(*encoding, nullptr, {.max_tokens = 4})->ids,
              ElementsAre(1, 4, 0, 2));
  EXPECT_EQ(tokenizer->Decode(encoding->ids, false), "ac b u");
}

TEST(TokenizerJsonTest, OnlyTheModelHasToBe) {
  const auto steps = Read(R"({"model": {"type": "Unigram", "unk_id": 0,
                              "vocab": [["u", 0.0]]}})");
  ASSERT_TRUE(steps.ok()) << steps.status();
  EXPECT_EQ(steps->normalizer, nullptr);
  EXPECT_EQ(steps->truncation_side, TruncationSide::kRight);
  EXPECT_EQ(InvalidMessage(Read("{}").status()),
            "t.json: model is missing, expected an object");
}

// As Hugging Face's tokenizers numbers them.
TEST(TokenizerJsonTest, NumbersAddedTokens) {
  const auto steps = Read(absl::StrReplaceAll(
      kFile, {{R"([{"id": 9, "content": "[MASK]", "special": true}])",
               R"([{"id": 77, "content": "x"}, {"id": 5, "content": "b"},
                   {"id": 1, "content": "y"}, {"id": 2, "content": "x"}])"}}));
  ASSERT_TRUE(steps.ok()) << steps.status();
  EXPECT_EQ(steps->added.Find("x"), 4);
  EXPECT_EQ(steps->added.Find("b"), 2);
  EXPECT_EQ(steps->added.Find("y"), 5);
}

TEST(TokenizerJsonTest, NamesWhatIsNotSupported) {
  const auto unknown = [](absl::string_view from, absl::string_view to) {
    const absl::Status status =
        Read(absl::StrReplaceAll(kFile, {{from, to}})).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
    return std::string(status.message());
  };
  EXPECT_EQ(unknown("\"Lowercase\"", "\"Up\""),
            "t.json: normalizer: the type \"Up\" is not supported");
  EXPECT_EQ(unknown("WhitespaceSplit", "X"),
            "t.json: pre_tokenizer: the type \"X\" is not supported");
  EXPECT_EQ(unknown("BertProcessing", "X"),
            "t.json: post_processor: the type \"X\" is not supported");
  EXPECT_EQ(unknown("\"decoder\": {\"type\": \"WordPiece\"",
                    "\"decoder\": {\"type\": \"X\""),
            "t.json: decoder: the type \"X\" is not supported");
  EXPECT_EQ(unknown("\"model\": {\"type\": \"WordPiece\"",
                    "\"model\": {\"type\": \"WordLevel\""),
            "t.json: model: the type \"WordLevel\" is not supported");
}

TEST(TokenizerJsonTest, RefusesWhatIsMalformed) {
  EXPECT_EQ(Error("\"1.0\"", "\"2.0\""),
            "t.json: version is \"2.0\", expected 1.0");
  EXPECT_EQ(Error("\"Left\"", "\"Up\""),
            "t.json: truncation.direction is \"Up\", expected Right or Left");
  EXPECT_EQ(Error("{\"type\": \"Lowercase\"}", "[]"),
            "t.json: normalizer.type is missing, expected a string");
  EXPECT_EQ(Error("[\"b\", 2]", "[\"b\", 22]"),
            "t.json: post_processor has the id 22, which no token of the "
            "vocabulary has");
  EXPECT_THAT(Error("\"##c\": 3", "\"##c\": 2"), HasSubstr("id 2 twice"));
  EXPECT_THAT(Error("\"##c\": 3", "\"##c\": 4294967296"),
              HasSubstr("model.vocab.##c is 4294967296"));
  EXPECT_THAT(Error("\"id\": 9", "\"id\": null"),
              HasSubstr("added_tokens[0].id is missing"));
}

TEST(TokenizerJsonTest, RefusesEveryPartOfAFile) {
  for (size_t size = 0; size < kFile.size(); ++size) {
    EXPECT_EQ(Read(kFile.substr(0, size)).status().code(),
              absl::StatusCode::kInvalidArgument)
        << size;
  }
}

using Json = nlohmann::json;

// Calls visit() once for each value inside `value` and each of `others`, which
// then stands in its place.
template <typename Visit>
void ReplaceEach(Json& value, const std::vector<Json>& others,
                 const Visit& visit) {
  for (const Json& other : others) {
    Json original = std::exchange(value, other);
    visit();
    value = std::move(original);
  }
  if (!value.is_structured()) return;
  for (Json& item : value) ReplaceEach(item, others, visit);
}

// Each is refused, or gives a tokenizer that takes texts.
TEST(TokenizerJsonTest, EveryValueReplaced) {
  const std::vector<Json> others = {nullptr,       true,          0,  -1,
                                    2'097'151,     1e300,         "", "A\u00e9",
                                    Json::array(), Json::object()};
  int num_read = 0;
  int num_refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(
           "tests/fuzz/corpus/tokenizer_json")) {
    Json file = Json::parse(ReadTestFile(entry.path()));
    ReplaceEach(file, others, [&] {
      auto steps = Read(file.dump());
      if (!steps.ok()) {
        ++num_refused;
        return;
      }
      ++num_read;
      const auto tokenizer = CreateStepTokenizer(*std::move(steps));
      const auto encoding = tokenizer->Tokenize("Hello, w\u00f6rld! [MASK]");
      if (encoding.ok()) tokenizer->Decode(encoding->ids, true);
    });
  }
  EXPECT_GT(num_read, 200);
  EXPECT_GT(num_refused, 2000);
}

}  // namespace
}  // namespace parley
