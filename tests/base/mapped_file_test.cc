#include "base/mapped_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

std::string Text(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()),
          file.bytes().size()};
}

TEST(MappedFileTest, ShowsTheFilesBytes) {
  const TempFolder folder;
  const std::string content("a\0b\xff", 4);
  const std::string path = folder.Write("file", content);
  const auto file = MappedFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(Text(**file), content);
  EXPECT_EQ((*file)->path(), path);
}

TEST(MappedFileTest, FileOfSeveralPages) {
  const TempFolder folder;
  std::string content(3 * 4096 + 1, '\0');
  for (size_t i = 0; i < content.size(); ++i) {
    content[i] = static_cast<char>(i * 7);
  }
  const auto file = MappedFile::Open(folder.Write("file", content));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(Text(**file), content);
}

TEST(MappedFileTest, EmptyFileHasNoBytes) {
  const TempFolder folder;
  const auto file = MappedFile::Open(folder.Write("file", ""));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE((*file)->bytes().empty());
}

TEST(MappedFileTest, StaysReadableWhenTheFileIsReplaced) {
  const TempFolder folder;
  const std::string path = folder.Write("file", "old");
  const auto file = MappedFile::Open(path);
  ASSERT_TRUE(file.ok()) << file.status();
  std::filesystem::rename(folder.Write("next", "new"), path);
  EXPECT_EQ(Text(**file), "old");
}

TEST(MappedFileTest, MissingFileIsNotFoundAndNamed) {
  const TempFolder folder;
  const std::string path = folder.path() + "/missing";
  const absl::Status status = MappedFile::Open(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path));
}

TEST(MappedFileTest, FolderIsRefused) {
  const TempFolder folder;
  const absl::Status status = MappedFile::Open(folder.path()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr(folder.path() + " is not a regular file"));
}

TEST(MappedFileTest, PipeWithoutWriterIsRefusedAtOnce) {
  const TempFolder folder;
  const std::string path = folder.path() + "/pipe";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  EXPECT_EQ(MappedFile::Open(path).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace parley
