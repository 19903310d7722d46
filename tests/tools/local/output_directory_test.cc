#include "tools/local/output_directory.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/temp_folder.h"

namespace parley::tools {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class OutputDirectoryTest : public testing::Test {
 protected:
  OutputDirectoryTest() { WriteModel(input_, "input"); }

  static void WriteModel(const fs::path& path, const std::string& text) {
    fs::create_directories(path);
    std::ofstream(path / "config.json") << text;
  }
  static std::string ReadModel(const fs::path& path) {
    std::ifstream file(path / "config.json");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  absl::StatusOr<std::unique_ptr<OutputDirectory>> Create(
      const std::string& path, Existing existing = Existing::kRefuse) {
    return OutputDirectory::Create(path, input_, existing);
  }
  // Writes a model and puts it in its place.
  absl::Status Finish(OutputDirectory& output) {
    WriteModel(output.partial_path(), "new");
    return output.Commit();
  }
  int NumEntries() const {
    const fs::directory_iterator entries(folder_.path());
    return static_cast<int>(std::distance(begin(entries), end(entries)));
  }

  const TempFolder folder_;
  const std::string input_ = folder_.path() + "/in";
  const std::string path_ = folder_.path() + "/out";
};

TEST_F(OutputDirectoryTest, IsThereWholeOrNotAtAll) {
  auto output = Create(path_);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ((*output)->partial_path().filename(), ".out.partial");
  EXPECT_FALSE(fs::exists(path_));
  ASSERT_TRUE(Finish(**output).ok());
  output->reset();
  EXPECT_EQ(ReadModel(path_), "new");
  EXPECT_EQ(NumEntries(), 2);  // Beside the input.
}

TEST_F(OutputDirectoryTest, LeavesNothingBehindUnfinished) {
  auto output = Create(path_);
  ASSERT_TRUE(output.ok());
  WriteModel((*output)->partial_path(), "half");
  output->reset();
  EXPECT_EQ(NumEntries(), 1);
}

TEST_F(OutputDirectoryTest, MakesFoldersAboveAndTakesEmptyOnes) {
  const std::string deep = folder_.path() + "/a/b/out/";
  auto output = Create(deep);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_TRUE(Finish(**output).ok());
  EXPECT_EQ(ReadModel(deep), "new");

  fs::create_directory(path_);
  output = Create(path_);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_TRUE(Finish(**output).ok());
  EXPECT_EQ(ReadModel(path_), "new");
}

TEST_F(OutputDirectoryTest, ReplacesOnlyWhereAskedTo) {
  WriteModel(path_, "old");
  const absl::Status refused = Create(path_).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(refused.message(), HasSubstr("--force replaces it"));

  auto output = Create(path_, Existing::kReplace);
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_EQ(ReadModel(path_), "old");  // Until the new one is whole.
  EXPECT_TRUE(Finish(**output).ok());
  EXPECT_EQ(ReadModel(path_), "new");
  EXPECT_EQ(NumEntries(), 2);
}

TEST_F(OutputDirectoryTest, ReplacesNothingButModels) {
  fs::create_directories(path_ + "/letters");
  const absl::Status status = Create(path_, Existing::kReplace).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("is no model directory"));
  folder_.Write("file", "text");
  EXPECT_FALSE(Create(folder_.path() + "/file", Existing::kReplace).ok());
  EXPECT_TRUE(fs::exists(path_ + "/letters"));
}

TEST_F(OutputDirectoryTest, AnotherRunsPartialStaysUnlessAsked) {
  auto first = Create(path_);
  ASSERT_TRUE(first.ok());
  const absl::Status refused = Create(path_).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(refused.message(), HasSubstr(".out.partial is there"));
  EXPECT_TRUE(fs::exists((*first)->partial_path()));
  EXPECT_TRUE(Create(path_, Existing::kReplace).ok());
}

TEST_F(OutputDirectoryTest, IsNotItsOwnInput) {
  for (const std::string& path :
       {input_, input_ + "/", input_ + "/inside", folder_.path(),
        folder_.path() + "/x/../in"}) {
    const absl::Status status = Create(path, Existing::kReplace).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << path;
  }
  fs::create_directory_symlink(input_, folder_.path() + "/link");
  EXPECT_FALSE(Create(folder_.path() + "/link", Existing::kReplace).ok());
  // A name that only begins alike is another.
  EXPECT_TRUE(Create(input_ + "-int8").ok());
  EXPECT_EQ(ReadModel(input_), "input");
}

TEST_F(OutputDirectoryTest, SaysWhatTheSystemSaid) {
  folder_.Write("file", "text");
  const absl::Status status = Create(folder_.path() + "/file/out").status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr("cannot be made"));
}

}  // namespace
}  // namespace parley::tools
