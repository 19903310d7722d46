#include "engine/tokenizer/json_node.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/model_directory.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

JsonDocument Parse(absl::string_view text) {
  auto document = JsonDocument::Parse(text, "f.json");
  EXPECT_TRUE(document.ok()) << document.status();
  return *std::move(document);
}

void ExpectRefused(absl::string_view text, const std::string& why) {
  const auto document = JsonDocument::Parse(text, "f.json");
  ASSERT_FALSE(document.ok()) << text.substr(0, 40);
  EXPECT_EQ(document.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(document.status().message()), HasSubstr(why));
}

TEST(JsonNodeTest, GivesValues) {
  const JsonDocument document =
      Parse(R"({"s": "x", "b": true, "n": 7, "a": [1, null], "o": {"k": 2}})");
  const JsonNode root = document.root();
  EXPECT_EQ(*root.Get("s").AsString(), "x");
  EXPECT_EQ(*root.Get("b").AsBool(), true);
  EXPECT_EQ(*root.Get("n").AsCount(7), 7);
  const auto items = root.Get("a").AsArray();
  ASSERT_TRUE(items.ok());
  ASSERT_EQ(items->size(), 2u);
  EXPECT_EQ((*items)[0].place(), "f.json: a[0]");
  EXPECT_TRUE((*items)[1].is_missing());
  const auto members = root.Get("o").AsObject();
  ASSERT_TRUE(members.ok());
  ASSERT_EQ(members->size(), 1u);
  EXPECT_EQ((*members)[0].first, "k");
  EXPECT_EQ((*members)[0].second.place(), "f.json: o.k");
}

TEST(JsonNodeTest, NullIsMissing) {
  const JsonDocument document = Parse(R"({"x": null})");
  EXPECT_TRUE(document.root().Get("x").is_missing());
  EXPECT_TRUE(document.root().Get("x").Get("y").is_missing());
  EXPECT_EQ(*document.root().Get("x").StringOr("f"), "f");
  EXPECT_EQ(*document.root().Get("z").BoolOr(true), true);
}

TEST(JsonNodeTest, ErrorsNamePlaceValueAndExpectation) {
  const JsonDocument document =
      Parse(R"({"o": {"s": 7, "n": -1, "l": "long", "b": []}})");
  const JsonNode node = document.root().Get("o");
  EXPECT_EQ(node.Get("s").AsString().status().message(),
            "f.json: o.s is 7, expected a string");
  EXPECT_EQ(node.Get("n").AsCount(5).status().message(),
            "f.json: o.n is -1, expected an integer from 0 to 5");
  EXPECT_EQ(node.Get("b").AsBool().status().message(),
            "f.json: o.b is array, expected true or false");
  EXPECT_EQ(node.Get("x").AsArray().status().message(),
            "f.json: o.x is missing, expected an array");
  EXPECT_EQ(node.Get("l").AsObject().status().message(),
            "f.json: o.l is \"long\", expected an object");
  EXPECT_EQ(node.Get("l").BoolOr(true).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(JsonNodeTest, CountsAreIntegersInRange) {
  const JsonDocument document =
      Parse(R"({"a": [8, 7.0, 18446744073709551615, 1e300, "7", true]})");
  const auto items = document.root().Get("a").AsArray();
  ASSERT_TRUE(items.ok());
  for (const JsonNode& item : *items) {
    EXPECT_FALSE(item.AsCount(7).ok()) << item.place();
  }
}

TEST(JsonNodeTest, MessagesAreShortAndPrintable) {
  const JsonDocument document =
      Parse(absl::StrCat("{\"a\": \"\\u0007", std::string(500, 'x'), "\"}"));
  const std::string message(
      document.root().Get("a").AsBool().status().message());
  EXPECT_LT(message.size(), 150u);
  EXPECT_THAT(message, HasSubstr("\\007xxx"));
}

TEST(JsonDocumentTest, RefusesWhatIsNoObject) {
  ExpectRefused("", "not JSON");
  ExpectRefused("{\"a\": 1", "not JSON at byte");
  ExpectRefused("{\"a\": 1} x", "not JSON at byte");
  ExpectRefused("[1]", "its top is not an object");
  ExpectRefused("{\"a\": \"\xFF\"}", "not JSON");
  ExpectRefused(absl::string_view("{\"a\": 1}\0{}", 11), "NUL");
  ExpectRefused(R"({"a": 1, "a": 2})", "the key \"a\" appears twice");
}

TEST(JsonDocumentTest, LimitsDepthAndValues) {
  constexpr int kMany = 100'000;
  ExpectRefused(absl::StrCat("{\"a\":", std::string(kMany, '[')),
                "nested deeper than 64");
  const std::string nested =
      absl::StrCat("{\"a\":", std::string(62, '['), std::string(62, ']'), "}");
  EXPECT_TRUE(JsonDocument::Parse(nested, "f").ok());
  std::string many = "{\"a\":[0";
  many.reserve(7'000'000);
  for (size_t i = 0; i < JsonDocument::kMaxValues; ++i) many += ",0";
  ExpectRefused(many + "]}", "values");
}

TEST(JsonDocumentTest, ReadsFiles) {
  const ModelDirectory directory;
  directory.Write("f.json", "{\"a\": 1}");
  const auto document = JsonDocument::Read(directory.PathOf("f.json"));
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(*document->root().Get("a").AsCount(1), 1);
  EXPECT_EQ(JsonDocument::Read(directory.PathOf("g.json")).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace parley
