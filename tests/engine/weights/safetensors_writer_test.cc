#include "engine/weights/safetensors_writer.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "engine/weights/weight_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/weights/file_bytes.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class SafetensorsWriterTest : public testing::Test {
 protected:
  std::unique_ptr<SafetensorsWriter> Create(SafetensorsPlan plan) {
    auto writer = SafetensorsWriter::Create(path_, std::move(plan));
    EXPECT_TRUE(writer.ok()) << writer.status();
    return *std::move(writer);
  }

  absl::Status CreateError(SafetensorsPlan plan) {
    return SafetensorsWriter::Create(path_, std::move(plan)).status();
  }

  int NumFiles() const {
    const std::filesystem::directory_iterator files(folder_.path());
    return static_cast<int>(std::distance(begin(files), end(files)));
  }

  const TempFolder folder_;
  const std::string path_ = folder_.path() + "/w.safetensors";
};

const std::string k64(64, 'x');

TEST_F(SafetensorsWriterTest, WritesWhatTheReaderReads) {
  auto writer = Create({.tensors = {{"big", DType::kI8, {2, 4, 8}},
                                    {"none", DType::kF32, {0, 3}},
                                    {"scalar", DType::kF32, {}},
                                    {"a\"\n\u00e9", DType::kBF16, {3}}},
                        .metadata = {{"format", "pt"}, {"b", "\"2\""}}});
  EXPECT_TRUE(writer->Write("big", AsBytes(k64.substr(0, 10))).ok());
  EXPECT_TRUE(writer->Write("big", AsBytes(k64.substr(10))).ok());
  EXPECT_TRUE(writer->Write("scalar", AsBytes("abcd")).ok());
  EXPECT_TRUE(writer->Write("a\"\n\u00e9", AsBytes("123456")).ok());
  // Nothing is to be seen of it until it is whole.
  EXPECT_FALSE(std::filesystem::exists(path_));
  const absl::Status finished = writer->Finish();
  ASSERT_TRUE(finished.ok()) << finished;
  EXPECT_EQ(NumFiles(), 1);
  EXPECT_EQ(std::filesystem::file_size(path_),
            static_cast<uintmax_t>(writer->num_bytes()));

  const auto file = OpenSafetensors(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT((*file)->names(),
              ElementsAre("a\"\n\u00e9", "big", "none", "scalar"));
  EXPECT_EQ((*file)->Find("big")->dtype, DType::kI8);
  EXPECT_THAT((*file)->Find("big")->shape, ElementsAre(2, 4, 8));
  EXPECT_EQ((*file)->Find("big")->data, AsBytes(k64));
  EXPECT_THAT((*file)->Find("none")->shape, ElementsAre(0, 3));
  EXPECT_EQ((*file)->Find("scalar")->data, AsBytes("abcd"));
  EXPECT_EQ((*file)->Find("a\"\n\u00e9")->data, AsBytes("123456"));
  EXPECT_EQ((*file)->Metadata("format"), "pt");
  EXPECT_EQ((*file)->Metadata("b"), "\"2\"");
  EXPECT_EQ((*file)->Metadata("c"), std::nullopt);
}

TEST_F(SafetensorsWriterTest, DataBeginAtMultiplesOf64) {
  for (int length = 0; length < 70; ++length) {
    const std::string name(length + 1, 'n');
    auto writer = Create(
        {.tensors = {{name, DType::kU8, {64}}, {"last", DType::kU8, {64}}}});
    ASSERT_TRUE(writer->Write(name, AsBytes(k64)).ok());
    ASSERT_TRUE(writer->Write("last", AsBytes(k64)).ok());
    ASSERT_TRUE(writer->Finish().ok());
    ASSERT_EQ(writer->num_bytes() % 64, 0);
    // The mapping itself begins at a page.
    const auto file = OpenSafetensors(path_);
    ASSERT_TRUE(file.ok()) << file.status();
    for (const std::string& each : {name, std::string("last")}) {
      ASSERT_EQ(
          reinterpret_cast<uintptr_t>((*file)->Find(each)->data.data()) % 64,
          0u);
    }
  }
}

TEST_F(SafetensorsWriterTest, GivesEachTensorItsDigest) {
  auto writer = Create({.tensors = {{"a", DType::kU8, {3}},
                                    {"none", DType::kU8, {0}},
                                    {"b", DType::kU8, {3}}},
                        .digest_prefix = "sha256."});
  ASSERT_TRUE(writer->Write("a", AsBytes("a")).ok());
  ASSERT_TRUE(writer->Write("a", AsBytes("bc")).ok());
  ASSERT_TRUE(writer->Write("b", AsBytes("xyz")).ok());
  ASSERT_TRUE(writer->Finish().ok());
  const auto file = OpenSafetensors(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->Metadata("sha256.a"), Sha256Hex(AsBytes("abc")));
  EXPECT_EQ((*file)->Metadata("sha256.none"), Sha256Hex({}));
  EXPECT_EQ((*file)->Metadata("sha256.b"), Sha256Hex(AsBytes("xyz")));
}

TEST_F(SafetensorsWriterTest, MayHaveNoTensors) {
  auto writer = Create({});
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(writer->num_bytes(), 64);
  const auto file = OpenSafetensors(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE((*file)->names().empty());
}

TEST_F(SafetensorsWriterTest, BytesComeInTheirOrder) {
  auto writer =
      Create({.tensors = {{"a", DType::kU8, {2}}, {"b", DType::kU8, {1}}}});
  EXPECT_THAT(writer->Write("b", AsBytes("1")).message(),
              HasSubstr("not the turn of \"b\""));
  EXPECT_THAT(writer->Write("a", AsBytes("123")).message(),
              HasSubstr("\"a\" has 2 bytes left, fewer than 3"));
  EXPECT_TRUE(writer->Write("a", AsBytes("12")).ok());
  EXPECT_THAT(writer->Write("a", AsBytes("1")).message(), HasSubstr("turn"));
  EXPECT_THAT(writer->Finish().message(),
              HasSubstr("bytes of \"b\" are missing"));
  EXPECT_TRUE(writer->Write("b", AsBytes("1")).ok());
  EXPECT_THAT(writer->Write("c", AsBytes("1")).message(), HasSubstr("turn"));
  EXPECT_TRUE(writer->Finish().ok());
  EXPECT_EQ(writer->Finish().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(SafetensorsWriterTest, LeavesNothingBehindUnfinished) {
  folder_.Write("w.safetensors", "old");
  auto writer = Create({.tensors = {{"a", DType::kU8, {2}}}});
  EXPECT_TRUE(writer->Write("a", AsBytes("1")).ok());
  EXPECT_EQ(NumFiles(), 2);
  writer.reset();
  EXPECT_EQ(NumFiles(), 1);
  std::ifstream file(path_);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "old");
}

TEST_F(SafetensorsWriterTest, RefusesPlansThatCannotBe) {
  const absl::Status twice = CreateError(
      {.tensors = {{"a", DType::kU8, {1}}, {"a", DType::kF32, {2}}}});
  EXPECT_EQ(twice.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(twice.message(), path_ + ": the name \"a\" is taken");
  EXPECT_THAT(
      CreateError({.tensors = {{"__metadata__", DType::kU8, {1}}}}).message(),
      HasSubstr("is taken"));
  EXPECT_THAT(CreateError({.tensors = {{"\xff", DType::kU8, {1}}}}).message(),
              HasSubstr("is not UTF-8"));
  EXPECT_THAT(CreateError({.metadata = {{"a", "\xff"}}}).message(),
              HasSubstr("is not UTF-8"));
  const int64_t large = int64_t{1} << 61;
  EXPECT_THAT(CreateError({.tensors = {{"a", DType::kF64, {large}}}}).message(),
              HasSubstr("size of \"a\" overflows"));
  EXPECT_THAT(CreateError({.tensors = {{"a", DType::kU16, {large}},
                                       {"b", DType::kU16, {large}}}})
                  .message(),
              HasSubstr("size of \"b\" overflows"));
  EXPECT_EQ(NumFiles(), 0);
}

TEST_F(SafetensorsWriterTest, SaysWhatTheSystemSaid) {
  const absl::Status status =
      SafetensorsWriter::Create(folder_.path() + "/no/w", {}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(),
              HasSubstr("/no/w.partial cannot be made: No such file"));
  // A folder cannot be replaced by a file.
  std::filesystem::create_directories(path_ + "/full");
  auto writer = Create({});
  EXPECT_THAT(writer->Finish().message(), HasSubstr("cannot be renamed"));
  writer.reset();
  EXPECT_EQ(NumFiles(), 1);
}

}  // namespace
}  // namespace parley
