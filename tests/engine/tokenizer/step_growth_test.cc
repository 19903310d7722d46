#include "engine/tokenizer/step_growth.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/json_text.h"

namespace parley {
namespace {

std::string Replace(absl::string_view pattern, size_t content_bytes) {
  return absl::StrCat(R"({"type": "Replace", "pattern": )", pattern,
                      R"(, "content": ")", std::string(content_bytes, 'x'),
                      "\"}");
}

std::string Sequence(absl::string_view key, absl::string_view items) {
  return absl::StrCat(R"({"type": "Sequence", ")", key, "\": [", items, "]}");
}

bool Passes(absl::string_view json) { return ReadPart(CheckGrowth, json).ok(); }

TEST(StepGrowthTest, OneStep) {
  EXPECT_TRUE(Passes("null"));
  EXPECT_TRUE(Passes("7"));
  EXPECT_TRUE(Passes(R"({"type": "NFKC"})"));
  EXPECT_TRUE(Passes(Replace(R"({"String": "ab"})", 128)));
  EXPECT_FALSE(Passes(Replace(R"({"String": "ab"})", 129)));
  EXPECT_TRUE(Passes(Replace(R"({"Regex": "long.*"})", 63)));
  EXPECT_FALSE(Passes(Replace(R"({"Regex": "long.*"})", 64)));
}

TEST(StepGrowthTest, StepsMultiply) {
  const std::string step = Replace(R"({"String": "a"})", 8);
  const std::string shrink = Replace(R"({"String": "aaaa"})", 1);
  for (absl::string_view key : {"normalizers", "decoders"}) {
    EXPECT_TRUE(Passes(Sequence(key, absl::StrCat(step, ",", step))));
    EXPECT_FALSE(Passes(
        Sequence(key, absl::StrCat(step, ",", shrink, ",", Sequence(key, step),
                                   ",", Replace(R"({"Regex": ""})", 1)))));
  }
}

TEST(StepGrowthTest, SaysSo) {
  EXPECT_EQ(
      InvalidMessage(ReadPart(CheckGrowth, Replace(R"({"String": "a"})", 65))),
      "t.json: part can make a text more than 64 times longer, which is "
      "not supported");
}

}  // namespace
}  // namespace parley
