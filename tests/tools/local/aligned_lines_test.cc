#include "tools/local/aligned_lines.h"

#include <sys/stat.h>

#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/temp_folder.h"

namespace parley::tools {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using Lines = std::vector<std::pair<std::string, std::string>>;

absl::StatusOr<Lines> ReadAll(const AlignedLines::Paths& paths) {
  auto lines = AlignedLines::Open(paths);
  if (!lines.ok()) return lines.status();
  Lines all;
  std::string source;
  std::string target;
  double done = 0;
  for (;;) {
    const absl::StatusOr<bool> more = (*lines)->Next(&source, &target);
    if (!more.ok()) return more.status();
    if (!*more) break;
    all.emplace_back(source, target);
    EXPECT_EQ((*lines)->num_lines(), std::ssize(all));
    EXPECT_GE((*lines)->done(), done);
    done = (*lines)->done();
    EXPECT_LE(done, 1.0);
  }
  return all;
}

TEST(AlignedLinesTest, PairsLines) {
  const TempFolder folder;
  const auto lines = ReadAll({folder.Write("a", "one\r\n\ntwo"),
                              folder.Write("b", "eins\nnull\nzwei\n")});
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_THAT(*lines, ElementsAre(Pair("one", "eins"), Pair("", "null"),
                                  Pair("two", "zwei")));
}

TEST(AlignedLinesTest, EmptyFilesHaveNone) {
  const TempFolder folder;
  const auto lines = ReadAll({folder.Write("a", ""), folder.Write("b", "")});
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_THAT(*lines, IsEmpty());
}

TEST(AlignedLinesTest, NamesTheShorterFile) {
  const TempFolder folder;
  const std::string one = folder.Write("one", "1\n");
  const std::string two = folder.Write("two", "1\n2\n");
  for (const auto& paths :
       {AlignedLines::Paths{one, two}, AlignedLines::Paths{two, one}}) {
    const absl::Status status = ReadAll(paths).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("/one ends after 1 lines, but "));
  }
}

TEST(AlignedLinesTest, NamesAFileThatCannotBeRead) {
  const TempFolder folder;
  const std::string text = folder.Write("text", "1\n");
  EXPECT_THAT(
      std::string(ReadAll({text, folder.path() + "/none"}).status().message()),
      HasSubstr("/none"));
  EXPECT_FALSE(ReadAll({folder.path(), text}).ok());
  const std::string wide =
      folder.Write("wide", std::string((size_t{1} << 20) + 1, 'x'));
  const absl::Status status = ReadAll({text, wide}).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("/wide: "));
}

TEST(AlignedLinesTest, ReadsAPipe) {
  const TempFolder folder;
  const std::string pipe = folder.path() + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&pipe] { std::ofstream(pipe) << "one\ntwo\n"; });
  const auto lines = ReadAll({pipe, folder.Write("b", "eins\nzwei\n")});
  writer.join();
  ASSERT_TRUE(lines.ok()) << lines.status();
  EXPECT_EQ(lines->size(), 2);
}

}  // namespace
}  // namespace parley::tools
