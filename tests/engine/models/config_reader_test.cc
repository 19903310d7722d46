#include "engine/models/config_reader.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

JsonFile Parse(const char* text) {
  auto file = JsonFile::Parse(text, "config.json");
  EXPECT_TRUE(file.ok()) << file.status();
  return std::move(*file);
}

TEST(ConfigReaderTest, ReadsWhatIsInRange) {
  const JsonFile file = Parse(R"({"low": 2, "high": 9})");
  EXPECT_EQ(*ReadInt(file, "low", {.low = 2, .high = 9}), 2);
  EXPECT_EQ(*ReadInt(file, "high", {.low = 2, .high = 9}), 9);
}

TEST(ConfigReaderTest, NamesFileKeyValueAndRange) {
  const JsonFile file = Parse(R"({"d_model": 10, "huge": 99999999999})");
  EXPECT_EQ(ReadInt(file, "d_model", {.low = 2, .high = 9}).status(),
            absl::InvalidArgumentError(
                "config.json: \"d_model\" is 10, expected 2 to 9"));
  EXPECT_EQ(ReadInt(file, "huge", {.low = 2, .high = 9}).status(),
            absl::InvalidArgumentError(
                "config.json: \"huge\" is 99999999999, expected 2 to 9"));
}

TEST(ConfigReaderTest, MissingKeyIsTheDefaultOrAnError) {
  const JsonFile file = Parse(R"({"null": null})");
  // The default need not be in the range: 0 may stand for "not set".
  EXPECT_EQ(*ReadInt(file, "gone", {.low = 2, .high = 9, .unset = 0}), 0);
  EXPECT_EQ(*ReadInt(file, "null", {.low = 2, .high = 9, .unset = 0}), 0);
  EXPECT_EQ(ReadInt(file, "gone", {.low = 2, .high = 9}).status(),
            absl::InvalidArgumentError("config.json: \"gone\" is missing"));
}

TEST(ConfigReaderTest, OtherKindsAreErrors) {
  const JsonFile file = Parse(R"({"text": "5", "real": 5.5})");
  EXPECT_TRUE(absl::IsInvalidArgument(
      ReadInt(file, "text", {.low = 2, .high = 9}).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(
      ReadInt(file, "real", {.low = 2, .high = 9}).status()));
}

TEST(ReadStringTest, MissingIsTheDefault) {
  const auto file =
      JsonFile::Parse(R"({"a": "x", "b": null, "c": 1, "d": true})", "f.json");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(*ReadString(*file, "a", "y"), "x");
  EXPECT_EQ(*ReadString(*file, "b", "y"), "y");
  EXPECT_EQ(*ReadString(*file, "z", "y"), "y");
  EXPECT_FALSE(ReadString(*file, "c", "y").ok());
  EXPECT_TRUE(*ReadBool(*file, "d", false));
  EXPECT_TRUE(*ReadBool(*file, "z", true));
  EXPECT_FALSE(ReadBool(*file, "a", false).ok());
}

}  // namespace
}  // namespace parley
