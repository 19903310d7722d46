#include "engine/tokenizer/model_file.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/tokenizer/model_directory.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

TEST(ModelFileTest, ReadsEveryByte) {
  const ModelDirectory directory;
  const std::string content("a\0\xFF\n", 4);
  directory.Write("file", content);
  directory.Write("empty", "");
  EXPECT_EQ(*ReadModelFile(directory.PathOf("file"), 4), content);
  EXPECT_EQ(*ReadModelFile(directory.PathOf("empty"), 0), "");
}

TEST(ModelFileTest, RefusesByName) {
  const ModelDirectory directory;
  directory.Write("file", "12345");
  const auto large = ReadModelFile(directory.PathOf("file"), 4);
  EXPECT_EQ(large.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(large.status().message(),
              HasSubstr("/file: it has 5 bytes, expected at most 4"));
  const auto missing = ReadModelFile(directory.PathOf("none"), 4);
  EXPECT_EQ(missing.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(missing.status().message(), HasSubstr("/none"));
  EXPECT_EQ(ReadModelFile(directory.path(), 4).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace parley
