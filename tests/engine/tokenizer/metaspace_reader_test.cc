#include "engine/tokenizer/metaspace_reader.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/json_text.h"

namespace parley {
namespace {

TEST(MetaspaceReaderTest, ReadsOptions) {
  const auto options = ReadPart(ReadMetaspace, R"({"replacement": "▁",
      "prepend_scheme": "first", "split": false})");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->replacement, "▁");
  EXPECT_EQ(options->prepend_scheme, PrependScheme::kFirst);
  EXPECT_FALSE(options->split);
}

TEST(MetaspaceReaderTest, ReadsOlderFiles) {
  const auto options = ReadPart(
      ReadMetaspace, R"({"replacement": "_", "add_prefix_space": true})");
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->prepend_scheme, PrependScheme::kAlways);
  EXPECT_TRUE(options->split);
  EXPECT_TRUE(ReadPart(ReadMetaspace, R"({"replacement": "_",
      "add_prefix_space": false, "prepend_scheme": "never"})")
                  .ok());
}

TEST(MetaspaceReaderTest, RefusesWhatIsWrong) {
  const auto error = [](absl::string_view json) {
    return InvalidMessage(ReadPart(ReadMetaspace, json).status());
  };
  EXPECT_EQ(error(R"({"replacement": "ab"})"),
            "t.json: part.replacement is \"ab\", expected one character");
  EXPECT_EQ(error(R"({"replacement": "_", "prepend_scheme": "x"})"),
            "t.json: part.prepend_scheme is \"x\", expected always, first or "
            "never");
  EXPECT_EQ(error(R"({"replacement": "_", "add_prefix_space": false})"),
            "t.json: part.add_prefix_space is false, and prepend_scheme is not "
            "never");
}

}  // namespace
}  // namespace parley
