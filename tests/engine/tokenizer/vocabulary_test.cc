#include "engine/tokenizer/vocabulary.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/model_directory.h"

namespace parley {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(VocabularyTest, FindsTokensAndIds) {
  auto parsed = Vocabulary::Parse(
      R"({"</s>": 0, "\u2581a": 3, "": 5, "<unk>": 1})", "vocab.json");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const Vocabulary vocabulary = *std::move(parsed);
  EXPECT_EQ(vocabulary.size(), 6);
  EXPECT_EQ(vocabulary.Find("\u2581a"), 3);
  EXPECT_EQ(vocabulary.Find(""), 5);
  EXPECT_EQ(vocabulary.Find("a"), std::nullopt);
  EXPECT_EQ(*vocabulary.Token(1), "<unk>");
  for (TokenId id : {-1, 2, 4, 6, 1 << 30, -(1 << 30)}) {
    EXPECT_EQ(vocabulary.Token(id), nullptr) << id;
  }
}

TEST(VocabularyTest, OfTwoTokensWithOneIdTheLaterIsRead) {
  const auto vocabulary = Vocabulary::Parse(R"({"b": 0, "a": 0})", "v");
  ASSERT_TRUE(vocabulary.ok());
  EXPECT_EQ(vocabulary->Find("b"), 0);
  EXPECT_EQ(vocabulary->Find("a"), 0);
  EXPECT_EQ(*vocabulary->Token(0), "a");
}

TEST(VocabularyTest, AnEmptyOneIsAVocabulary) {
  const auto vocabulary = Vocabulary::Parse("{}", "v");
  ASSERT_TRUE(vocabulary.ok());
  EXPECT_EQ(vocabulary->size(), 0);
  EXPECT_EQ(vocabulary->Token(0), nullptr);
}

TEST(VocabularyTest, RefusalsNameFileAndRule) {
  const std::pair<std::string, std::string> cases[] = {
      {R"({"a": 0, "b": 1, "a": 2})", "the token \"a\" is listed twice"},
      {R"({"a\n": -1})", "the id of \"a\\n\" is -1, expected 0 to 2097151"},
      {R"({"a": 2097152})", "is 2097152, expected 0 to 2097151"},
      {R"({"a": 18446744073709551615})", "is 18446744073709551615, expected"},
      {R"({"a": 1e3})", "is 1e3, expected an integer"},
      {R"({"a": 1.0})", "is 1.0, expected an integer"},
      {R"({"a": 99999999999999999999})", "expected an integer"},
      {R"({"a": "1"})", "is a string, expected an integer"},
      {R"({"a": null})", "is null, expected an integer"},
      {R"({"a": true})", "is true, expected an integer"},
      {R"({"a": [1]})", "is an array, expected an integer"},
      {R"({"a": {}})", "is an object, expected an integer"},
      {"[]", "its top is not an object"},
      {"1", "its top is not an object"},
      {"-1", "its top is not an object"},
      {"\"a\"", "its top is not an object"},
      {"null", "its top is not an object"},
      {"", "not JSON"},
      {"{", "not JSON"},
      {R"({"a": 1,})", "not JSON"},
      {R"({"a": 1} x)", "not JSON"},
      {R"({"\ud800": 1})", "not JSON"},
      {"{\"\xFF\": 1}", "not JSON"},
      {std::string("{\"a\0\": 1}", 9), "not JSON"},
      {std::string(100000, '['), "its top is not an object"},
      {"{\"a\":" + std::string(100000, '{'), "is an object"},
  };
  for (const auto& [json, message] : cases) {
    const auto vocabulary = Vocabulary::Parse(json, "dir/vocab.json");
    ASSERT_FALSE(vocabulary.ok()) << json.substr(0, 50);
    EXPECT_EQ(vocabulary.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(vocabulary.status().message()),
                StartsWith("dir/vocab.json: "));
    EXPECT_THAT(vocabulary.status().message(), HasSubstr(message));
  }
}

TEST(VocabularyTest, AnyTruncationIsRefused) {
  const std::string json = R"({"</s>": 0, "\u2581ä": 12, "<unk>": 1})";
  for (size_t n = 0; n < json.size(); ++n) {
    EXPECT_FALSE(Vocabulary::Parse(json.substr(0, n), "v").ok()) << n;
  }
}

TEST(VocabularyTest, ReadsFiles) {
  const ModelDirectory directory;
  directory.Write("vocab.json", R"({"a": 0})");
  EXPECT_EQ(Vocabulary::Read(directory.PathOf("vocab.json"))->size(), 1);
  EXPECT_EQ(Vocabulary::Read(directory.PathOf("none")).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace parley
