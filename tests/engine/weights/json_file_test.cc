#include "engine/weights/json_file.h"

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

JsonFile ParseOrDie(absl::string_view text) {
  auto file = JsonFile::Parse(text, "config.json");
  if (!file.ok()) {
    ADD_FAILURE() << file.status();
    std::abort();
  }
  return *std::move(file);
}

// Refused as INVALID_ARGUMENT; gives the message.
std::string Refusal(absl::string_view text) {
  const absl::Status status = JsonFile::Parse(text, "dir/config.json").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), StartsWith("dir/config.json: "));
  return std::string(status.message());
}

std::string Repeat(absl::string_view text, int times) {
  std::string repeated;
  for (int i = 0; i < times; ++i) absl::StrAppend(&repeated, text);
  return repeated;
}

TEST(JsonFileTest, GettersGiveTheValues) {
  const JsonFile file = ParseOrDie(R"({
    "int": -7, "big": 9223372036854775807, "number": 0.5, "yes": true,
    "text": "gr\u00fc\u00df", "texts": ["a", "b"], "none": [],
    "int_lists": [[1, 2], [3]], "text_lists": [["en", "de"]],
    "eos": 2, "eos_list": [3]})");
  EXPECT_EQ(file.path(), "config.json");
  EXPECT_EQ(**file.GetInt("int"), -7);
  EXPECT_EQ(**file.GetInt("big"), INT64_MAX);
  EXPECT_EQ(**file.GetNumber("number"), 0.5);
  EXPECT_EQ(**file.GetNumber("int"), -7.0);
  EXPECT_EQ(**file.GetBool("yes"), true);
  EXPECT_EQ(**file.GetString("text"), "gr\xC3\xBC\xC3\x9F");
  EXPECT_THAT(**file.GetStrings("texts"), ElementsAre("a", "b"));
  EXPECT_THAT(**file.GetStrings("none"), IsEmpty());
  EXPECT_THAT(**file.GetIntLists("int_lists"),
              ElementsAre(ElementsAre(1, 2), ElementsAre(3)));
  EXPECT_THAT(**file.GetStringLists("text_lists"),
              ElementsAre(ElementsAre("en", "de")));
  EXPECT_EQ(**file.GetIntOrOnlyInt("eos"), 2);
  EXPECT_EQ(**file.GetIntOrOnlyInt("eos_list"), 3);
}

TEST(JsonFileTest, BoolOrStringGivesText) {
  const JsonFile file =
      ParseOrDie(R"({"a": false, "b": true, "c": "never", "d": 1})");
  EXPECT_EQ(**file.GetBoolOrString("a"), "false");
  EXPECT_EQ(**file.GetBoolOrString("b"), "true");
  EXPECT_EQ(**file.GetBoolOrString("c"), "never");
  EXPECT_EQ(*file.GetBoolOrString("missing"), std::nullopt);
  EXPECT_EQ(file.GetBoolOrString("d").status(),
            absl::InvalidArgumentError("config.json: \"d\" is 1 (integer), "
                                       "expected true, false or a string"));
}

TEST(JsonFileTest, MissingAndNullAreNoValue) {
  const JsonFile file = ParseOrDie(R"({"null": null, "zero": 0})");
  EXPECT_TRUE(file.Has("zero"));
  for (const absl::string_view key : {"null", "missing"}) {
    EXPECT_FALSE(file.Has(key));
    EXPECT_EQ(*file.GetInt(key), std::nullopt);
    EXPECT_EQ(*file.GetNumber(key), std::nullopt);
    EXPECT_EQ(*file.GetBool(key), std::nullopt);
    EXPECT_EQ(*file.GetString(key), std::nullopt);
    EXPECT_EQ(*file.GetStrings(key), std::nullopt);
    EXPECT_EQ(*file.GetIntLists(key), std::nullopt);
    EXPECT_EQ(*file.GetStringLists(key), std::nullopt);
    EXPECT_EQ(*file.GetIntOrOnlyInt(key), std::nullopt);
  }
}

TEST(JsonFileTest, OtherKindsAreRefusedWithFileKeyAndExpectation) {
  const JsonFile file = ParseOrDie(R"({
    "text": "512", "number": 1.5, "yes": true, "object": {}, "int": 1,
    "list": [1, "x"], "lists": [[1], ["x"]], "two": [1, 2],
    "huge": 9223372036854775808})");
  const auto refused = [](const absl::Status& status, absl::string_view why) {
    EXPECT_EQ(status,
              absl::InvalidArgumentError(absl::StrCat("config.json: ", why)));
  };
  refused(file.GetInt("text").status(),
          "\"text\" is \"512\" (string), expected an integer");
  refused(file.GetInt("number").status(),
          "\"number\" is 1.5 (number), expected an integer");
  refused(file.GetInt("huge").status(),
          "\"huge\" is 9223372036854775808 (integer), expected an integer of "
          "64 bits");
  refused(file.GetNumber("text").status(),
          "\"text\" is \"512\" (string), expected a number");
  refused(file.GetBool("int").status(),
          "\"int\" is 1 (integer), expected true or false");
  refused(file.GetString("object").status(),
          "\"object\" is an object, expected a string");
  refused(file.GetString("yes").status(),
          "\"yes\" is true (boolean), expected a string");
  refused(file.GetStrings("text").status(),
          "\"text\" is \"512\" (string), expected an array");
  refused(file.GetStrings("list").status(),
          "\"list\"[0] is 1 (integer), expected a string");
  refused(file.GetIntLists("lists").status(),
          "\"lists\"[1][0] is \"x\" (string), expected an integer");
  refused(file.GetIntLists("two").status(),
          "\"two\"[0] is 1 (integer), expected an array");
  refused(file.GetStringLists("lists").status(),
          "\"lists\"[0][0] is 1 (integer), expected a string");
  refused(file.GetIntOrOnlyInt("two").status(),
          "\"two\" is an array of 2, expected an integer or an array of one "
          "integer");
  refused(file.GetIntOrOnlyInt("text").status(),
          "\"text\" is \"512\" (string), expected an integer");
}

TEST(JsonFileTest, UnknownKeysAreSorted) {
  const JsonFile file = ParseOrDie(R"({"c": 1, "a": null, "b": 2})");
  EXPECT_THAT(file.UnknownKeys({"b", "d"}), ElementsAre("a", "c"));
  EXPECT_THAT(file.UnknownKeys({"a", "b", "c"}), IsEmpty());
}

TEST(JsonFileTest, BrokenTextIsRefused) {
  EXPECT_THAT(Refusal(""), HasSubstr("not JSON at byte"));
  EXPECT_THAT(Refusal("{\"a\": }"), HasSubstr("not JSON at byte 7"));
  EXPECT_THAT(Refusal("{\"a\": 1"), HasSubstr("not JSON at byte"));
  EXPECT_THAT(Refusal("{} {}"), HasSubstr("not JSON at byte 4"));
  EXPECT_THAT(Refusal("{\"a\": NaN}"), HasSubstr("not JSON"));
  EXPECT_THAT(Refusal("{\"a\": 1e999}"), HasSubstr("not JSON"));
  EXPECT_THAT(Refusal("{\"a\xff\": 1}"), HasSubstr("not UTF-8 at byte 3"));
  EXPECT_THAT(Refusal(absl::string_view("{}\0", 3)),
              HasSubstr("a NUL character"));
}

TEST(JsonFileTest, MessageOfALongTokenIsShort) {
  EXPECT_LT(Refusal(absl::StrCat("{\"", std::string(100000, 'x'))).size(),
            300u);
}

TEST(JsonFileTest, TopMustBeAnObject) {
  EXPECT_THAT(Refusal("[]"), HasSubstr("expected an object"));
  EXPECT_THAT(Refusal("3"), HasSubstr("not an object"));
  EXPECT_THAT(Refusal("null"), HasSubstr("not an object"));
  EXPECT_THAT(Refusal("\"x\""), HasSubstr("not an object"));
}

TEST(JsonFileTest, KeyTwiceIsRefusedAtAnyDepth) {
  EXPECT_THAT(Refusal(R"({"a": 1, "a": 1})"),
              HasSubstr("key \"a\" appears twice"));
  EXPECT_THAT(Refusal(R"({"x": [{"a": 1, "b": {}, "a": 1}]})"),
              HasSubstr("key \"a\" appears twice"));
  ParseOrDie(R"({"a": {"a": 1}, "b": {"a": 1}})");
}

TEST(JsonFileTest, DepthIsLimited) {
  const auto nested = [](int depth) {
    return absl::StrCat("{\"a\":", Repeat("[", depth - 1),
                        Repeat("]", depth - 1), "}");
  };
  ParseOrDie(nested(64));
  EXPECT_THAT(Refusal(nested(65)), HasSubstr("nested deeper than 64"));
  // Refused on the way in: what would close it is not even there.
  EXPECT_THAT(Refusal(absl::StrCat("{\"a\":", Repeat("[", 1000000))),
              HasSubstr("nested deeper than 64"));
  EXPECT_THAT(Refusal(Repeat("{\"a\":", 1000000)),
              HasSubstr("nested deeper than 64"));
}

TEST(JsonFileTest, NumberOfValuesIsLimited) {
  EXPECT_THAT(Refusal(absl::StrCat("{\"a\":[", Repeat("0,", 1000000), "0]}")),
              HasSubstr("more than 1000000 values"));
}

TEST(JsonFileTest, SizeIsLimited) {
  EXPECT_THAT(Refusal(absl::StrCat("{}", std::string(64'000'000, ' '))),
              HasSubstr("above the limit of 64000000"));
}

TEST(JsonFileTest, ReadsFiles) {
  const TempFolder folder;
  const auto file = JsonFile::Read(folder.Write("a.json", R"({"a": 1})"));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(**file->GetInt("a"), 1);
  const absl::Status status =
      JsonFile::Read(folder.path() + "/missing.json").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("missing.json"));
}

TEST(JsonFileTest, MovesItsContent) {
  JsonFile first = ParseOrDie(R"({"a": 1})");
  JsonFile second = std::move(first);
  first = ParseOrDie(R"({"a": 2})");
  EXPECT_EQ(**second.GetInt("a"), 1);
  EXPECT_EQ(**first.GetInt("a"), 2);
}

TEST(JsonFileTest, ReadsAnArrayOfObjects) {
  const TempFolder folder;
  const std::string path =
      folder.Write("modules.json", R"([{"idx": 0}, {"idx": "one"}])");
  const auto objects = JsonFile::ReadObjects(path);
  ASSERT_TRUE(objects.ok()) << objects.status();
  ASSERT_EQ(objects->size(), 2u);
  EXPECT_EQ(**(*objects)[0].GetInt("idx"), 0);
  EXPECT_THAT(std::string((*objects)[1].GetInt("idx").status().message()),
              StartsWith(absl::StrCat(path, ": [1]: \"idx\" is \"one\"")));
  EXPECT_TRUE(absl::IsNotFound(
      JsonFile::ReadObjects(absl::StrCat(path, ".gone")).status()));
}

TEST(JsonFileTest, WhatIsNoArrayOfObjectsIsRefused) {
  const TempFolder folder;
  struct Row {
    const char* text;
    const char* message;
  };
  constexpr Row kRows[] = {
      {"{}", "the top is an object, expected an array"},
      {"7", "the top is not an array"},
      {"[{}, 7]", "[1] is 7 (integer), expected an object"},
      {"[[]]", "[0] is an array of 0, expected an object"},
      {R"([{"a": 1, "a": 2}])", "appears twice"},
      {"[{}", "not JSON"}};
  for (const Row& row : kRows) {
    const absl::Status status =
        JsonFile::ReadObjects(folder.Write("modules.json", row.text)).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(row.message));
  }
}

}  // namespace
}  // namespace parley
