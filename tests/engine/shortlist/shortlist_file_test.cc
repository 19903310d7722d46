#include "engine/shortlist/shortlist_file.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr VocabularyPair kVocabularies = {
    .source_size = 3, .target_size = 6, .fingerprint = 0x123456789abcdef0};
// Where numbers of the file stand; docs/shortlist.md.
constexpr size_t kVersionAt = 8;
constexpr size_t kSourceSizeAt = 12;
constexpr size_t kTargetSizeAt = 16;
constexpr size_t kNumFrequentAt = 20;
constexpr size_t kNumTargetsAt = 24;
constexpr size_t kFingerprintAt = 32;
constexpr size_t kFrequentAt = 40;  // Two of them.
constexpr size_t kRowSizesAt = 48;  // Three.
constexpr size_t kTargetsAt = 60;   // Four.

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

std::string TestFile() {
  LexicalTable table;
  table.frequent = {5, 0};
  table.AppendRow({4, 1, 2});
  table.AppendRow({});
  table.AppendRow({4});
  const TempFolder folder;
  const std::string path = folder.path() + "/shortlist.bin";
  const absl::Status status = WriteShortlistFile(table, kVocabularies, path);
  EXPECT_TRUE(status.ok()) << status;
  return ReadAll(path);
}

absl::StatusOr<LexicalTable> Parse(absl::string_view bytes, int best = 100) {
  return ParseShortlistFile(bytes, "file", best, kVocabularies);
}

std::string ErrorOf(absl::string_view bytes) {
  const absl::Status status = Parse(bytes).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("file: "));
  return std::string(status.message());
}

template <typename T>
std::string With(size_t at, T value) {
  std::string bytes = TestFile();
  std::memcpy(bytes.data() + at, &value, sizeof(value));
  return bytes;
}

TEST(ShortlistFileTest, ComesBackAsItWas) {
  const std::string bytes = TestFile();
  EXPECT_EQ(bytes.size(), 76);
  EXPECT_TRUE(IsShortlistFile(bytes));
  const auto table = Parse(bytes);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->frequent, ElementsAre(5, 0));
  EXPECT_EQ(table->num_rows(), 3);
  EXPECT_THAT(table->Row(0), ElementsAre(4, 1, 2));
  EXPECT_THAT(table->Row(1), IsEmpty());
  EXPECT_THAT(table->Row(2), ElementsAre(4));
}

TEST(ShortlistFileTest, KeepsTheBest) {
  const auto table = Parse(TestFile(), 2);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->Row(0), ElementsAre(4, 1));
  EXPECT_THAT(table->Row(2), ElementsAre(4));
}

TEST(ShortlistFileTest, RefusesWhatBreaksARuleOfThePage) {
  struct Row {
    std::string bytes;
    const char* message;
  };
  const Row rows[] = {
      {With<char>(0, 'x'), "does not begin as"},
      {With<uint32_t>(kVersionAt, 2), "version is 2, expected 1"},
      {With<uint32_t>(kSourceSizeAt, 4), "of 4 and 6 tokens"},
      {With<uint32_t>(kTargetSizeAt, ~0u), "the model's have 3 and 6"},
      {With<uint64_t>(kFingerprintAt, 7), "other vocabularies"},
      {With<uint32_t>(kNumFrequentAt, 3), "76 bytes, expected 80"},
      {With<uint32_t>(kNumFrequentAt, ~0u), "76 bytes, expected"},
      {With<uint64_t>(kNumTargetsAt, 5), "76 bytes, expected 80"},
      {With<uint64_t>(kNumTargetsAt, 19), "19 translations are more"},
      {With<uint64_t>(kNumTargetsAt, uint64_t{1} << 62), "are more than"},
      {With<uint32_t>(kFrequentAt, 6), "token 6 of the most frequent"},
      {With<uint32_t>(kFrequentAt, 0), "token 0 stands twice in the most"},
      {With<uint32_t>(kRowSizesAt, 2), "1 translations are of no token"},
      {With<uint32_t>(kRowSizesAt + 8, 2), "token 2 reach past the end"},
      {With<uint32_t>(kRowSizesAt + 4, ~0u), "token 1 reach past the end"},
      {With<uint32_t>(kTargetsAt, ~0u), "token 4294967295 of the transl"},
      {With<uint32_t>(kTargetsAt + 12, 6), "translations of token 2 is not"},
      {With<uint32_t>(kTargetsAt + 4, 2), "token 2 stands twice in the"},
      {TestFile() + "abcd", "80 bytes, expected 76"},
      {TestFile() + "a", "77 bytes, expected 76"},
  };
  for (const Row& row : rows) {
    EXPECT_THAT(ErrorOf(row.bytes), HasSubstr(row.message));
  }
}

TEST(ShortlistFileTest, RefusesEveryShorterFile) {
  const std::string bytes = TestFile();
  for (size_t size = 0; size < bytes.size(); ++size) {
    // A copy of its size, so that a sanitizer sees what is read beyond it.
    const std::vector<char> part(bytes.begin(), bytes.begin() + size);
    ErrorOf({part.data(), part.size()});
  }
}

TEST(ShortlistFileTest, TextIsNotTheBinaryForm) {
  EXPECT_FALSE(IsShortlistFile("a b 0.5\n"));
  EXPECT_FALSE(IsShortlistFile(""));
  EXPECT_FALSE(IsShortlistFile(TestFile().substr(0, 7)));
}

TEST(ShortlistFileTest, WritingReplacesAWholeFileOrFails) {
  const TempFolder folder;
  const std::string path = folder.Write("shortlist.bin", "old");
  LexicalTable table;
  for (int i = 0; i < 3; ++i) table.AppendRow({});
  ASSERT_TRUE(WriteShortlistFile(table, kVocabularies, path).ok());
  EXPECT_EQ(ReadAll(path).size(), 52);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);

  const std::string nowhere = folder.path() + "/none/shortlist.bin";
  const absl::Status status = WriteShortlistFile(table, kVocabularies, nowhere);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(nowhere));
  const std::string taken = folder.path() + "/taken";
  fs::create_directories(taken + "/full");
  EXPECT_FALSE(WriteShortlistFile(table, kVocabularies, taken).ok());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 2);
}

}  // namespace
}  // namespace parley
