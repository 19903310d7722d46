#include "client/npy_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/temp_folder.h"

namespace parley::client {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// The parts of a file as NumPy's description of the format has them.
struct Npy {
  std::string dictionary;  // Without the padding.
  std::vector<float> numbers;
};
Npy Parse(const std::string& bytes) {
  EXPECT_GE(bytes.size(), 10u);
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const size_t length = static_cast<unsigned char>(bytes[8]) +
                        256 * static_cast<unsigned char>(bytes[9]);
  EXPECT_EQ((10 + length) % 64, 0u);
  std::string dictionary = bytes.substr(10, length);
  EXPECT_EQ(dictionary.back(), '\n');
  dictionary.resize(dictionary.find_last_not_of(" \n") + 1);
  const std::string data = bytes.substr(10 + length);
  std::vector<float> numbers(data.size() / sizeof(float));
  EXPECT_EQ(data.size() % sizeof(float), 0u);
  if (!data.empty()) {
    std::memcpy(numbers.data(), data.data(), data.size());
  }
  return {dictionary, numbers};
}

class NpyFileTest : public ::testing::Test {
 protected:
  std::unique_ptr<NpyFile> Create() {
    auto file = NpyFile::Create(path_);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? *std::move(file) : nullptr;
  }

  TempFolder folder_;
  const std::string path_ = folder_.path() + "/vectors.npy";
};

TEST_F(NpyFileTest, HoldsRowsAndTheirShape) {
  auto file = Create();
  ASSERT_TRUE(file->Append({1.0f, -2.5f, 3e-8f}).ok());
  ASSERT_TRUE(file->Append({4.0f, 5.0f, 6.0f}).ok());
  ASSERT_TRUE(file->Finish().ok());
  const Npy npy = Parse(ReadFile(path_));
  EXPECT_EQ(npy.dictionary,
            "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
  EXPECT_EQ(npy.numbers,
            (std::vector<float>{1.0f, -2.5f, 3e-8f, 4.0f, 5.0f, 6.0f}));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".partial"));
}

TEST_F(NpyFileTest, NothingIsAnEmptyMatrix) {
  ASSERT_TRUE(Create()->Finish().ok());
  const Npy npy = Parse(ReadFile(path_));
  EXPECT_THAT(npy.dictionary, HasSubstr("'shape': (0, 0)"));
  EXPECT_TRUE(npy.numbers.empty());
}

TEST_F(NpyFileTest, ManyRows) {
  auto file = Create();
  const std::vector<float> row(100, 0.5f);
  for (int i = 0; i < 12345; ++i) ASSERT_TRUE(file->Append(row).ok());
  ASSERT_TRUE(file->Finish().ok());
  const Npy npy = Parse(ReadFile(path_));
  EXPECT_THAT(npy.dictionary, HasSubstr("'shape': (12345, 100)"));
  EXPECT_EQ(npy.numbers.size(), 1234500u);
}

TEST_F(NpyFileTest, AnUnfinishedFileLeavesTheOldOne) {
  folder_.Write("vectors.npy", "old");
  auto file = Create();
  ASSERT_TRUE(file->Append({1.0f}).ok());
  EXPECT_EQ(ReadFile(path_), "old");
  file = nullptr;
  EXPECT_EQ(ReadFile(path_), "old");
  EXPECT_FALSE(std::filesystem::exists(path_ + ".partial"));
  ASSERT_TRUE(Create()->Finish().ok());
  EXPECT_THAT(ReadFile(path_), HasSubstr("NUMPY"));
}

TEST_F(NpyFileTest, RefusesARowOfAnotherLength) {
  auto file = Create();
  ASSERT_TRUE(file->Append({1.0f, 2.0f}).ok());
  const absl::Status status = file->Append({1.0f});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              MatchesRegex(".*1 dimensions.*of 2.*"));
}

TEST_F(NpyFileTest, RefusesWhatCannotBeWrittenTwice) {
  const auto device = NpyFile::Create("/dev/null");
  EXPECT_EQ(device.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(device.status().message(), HasSubstr("/dev/null"));
  EXPECT_FALSE(NpyFile::Create(folder_.path()).ok());
}

TEST_F(NpyFileTest, NamesTheFileThatItCannotWrite) {
  const auto file = NpyFile::Create(folder_.path() + "/no/such.npy");
  EXPECT_THAT(file.status().message(), HasSubstr("no/such.npy"));
}

TEST_F(NpyFileTest, SaysWhereTheDiskIsFull) {
  std::filesystem::create_symlink("/dev/full", path_ + ".partial");
  auto file = Create();
  absl::Status status = file->Append(std::vector<float>(1 << 20));
  if (status.ok()) status = file->Finish();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("disk full"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

}  // namespace
}  // namespace parley::client
