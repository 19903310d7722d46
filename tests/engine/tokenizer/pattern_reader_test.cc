#include <string>

#include "engine/tokenizer/step_readers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/json_text.h"

namespace parley {
namespace {

using ::testing::StartsWith;

size_t CountParts(absl::string_view json, absl::string_view text) {
  const auto pattern = ReadPart(ReadPattern, json);
  EXPECT_TRUE(pattern.ok()) << pattern.status();
  return pattern.ok() ? (*pattern)->Find(text).size() : 0;
}

std::string Error(absl::string_view json) {
  return InvalidMessage(ReadPart(ReadPattern, json).status());
}

TEST(PatternReaderTest, StringOrRegex) {
  EXPECT_EQ(CountParts(R"({"String": "a+"})", "caaa+"), 2u);
  EXPECT_EQ(CountParts(R"({"Regex": "a+"})", "caaa+"), 3u);
}

TEST(PatternReaderTest, RefusesOthers) {
  EXPECT_EQ(Error("{}"),
            "t.json: part is object, expected an object with \"String\" or "
            "\"Regex\"");
  EXPECT_EQ(Error(R"({"String": "a", "Regex": "b"})"), Error("{}"));
  EXPECT_THAT(Error(R"({"String": ""})"),
              StartsWith("t.json: part is no pattern to look for: "));
  EXPECT_THAT(Error(R"({"Regex": "(a"})"),
              StartsWith("t.json: part is no pattern to look for: "));
  EXPECT_EQ(Error(R"({"Regex": 7})"),
            "t.json: part.Regex is 7, expected a string");
}

TEST(PatternReaderTest, UnknownType) {
  const JsonDocument document = DocumentOf("{}");
  const absl::Status status =
      UnknownType(document.root().Get("part"), std::string(100, 'x'));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_LT(status.message().size(), 120u);
}

}  // namespace
}  // namespace parley
