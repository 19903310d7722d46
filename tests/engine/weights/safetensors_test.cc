#include "engine/weights/safetensors.h"

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/weights/file_bytes.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string RefusalOfFile(absl::string_view bytes) {
  const absl::Status status =
      ParseSafetensors(AsBytes(bytes), "model.safetensors").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

std::string Refusal(absl::string_view header, size_t data_bytes) {
  return RefusalOfFile(SafetensorsBytes(header, std::string(data_bytes, '\0')));
}

std::string Tensor(absl::string_view name, absl::string_view shape,
                   absl::string_view offsets) {
  return absl::StrCat("\"", name, R"(":{"dtype":"F32","shape":)", shape,
                      R"(,"data_offsets":)", offsets, "}");
}

TEST(SafetensorsTest, ShowsEachTensorsBytes) {
  const std::string header = absl::StrCat(
      "{", Tensor("second", "[1,2]", "[4,12]"), ",",
      Tensor("none", "[0,5]", "[4,4]"), ",", Tensor("first", "[]", "[0,4]"),
      R"(,"__metadata__":{"format":"pt"}}  )");
  const std::string bytes = SafetensorsBytes(header, "abcdefghijkl");
  const auto file = ParseSafetensors(AsBytes(bytes), "some/path");
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ((*file)->path(), "some/path");
  EXPECT_THAT((*file)->names(), ElementsAre("first", "none", "second"));
  const TensorView& first = *(*file)->Find("first");
  EXPECT_THAT(first.shape, IsEmpty());
  EXPECT_EQ(first.data, AsBytes("abcd"));
  const TensorView& second = *(*file)->Find("second");
  EXPECT_EQ(second.dtype, DType::kF32);
  EXPECT_THAT(second.shape, ElementsAre(1, 2));
  EXPECT_EQ(second.data, AsBytes("efghijkl"));
  EXPECT_TRUE((*file)->Find("none")->data.empty());
}

TEST(SafetensorsTest, FileWithoutTensorsIsValid) {
  const std::string bytes = SafetensorsBytes("{}", "");
  EXPECT_TRUE(ParseSafetensors(AsBytes(bytes), "x").ok());
}

TEST(SafetensorsTest, HeaderLengthIsCheckedBeforeUse) {
  EXPECT_EQ(RefusalOfFile(""),
            "model.safetensors: header: the file has 0 bytes, fewer than the "
            "8 of the header's length");
  EXPECT_EQ(RefusalOfFile("1234567"),
            "model.safetensors: header: the file has 7 bytes, fewer than the "
            "8 of the header's length");
  EXPECT_EQ(RefusalOfFile(absl::StrCat(LittleEndian<uint64_t>(3), "{}")),
            "model.safetensors: header: its length of 3 bytes is beyond the "
            "file's 2 bytes that follow");
  EXPECT_EQ(RefusalOfFile(absl::StrCat(LittleEndian(UINT64_MAX), "{}")),
            "model.safetensors: header: its length of 18446744073709551615 "
            "bytes is above the limit of 100000000");
  EXPECT_EQ(RefusalOfFile(absl::StrCat(LittleEndian<uint64_t>(0), "{}")),
            "model.safetensors: header: does not start with '{'");
}

TEST(SafetensorsTest, ErrorsOfTheHeaderNameTheFile) {
  EXPECT_EQ(Refusal(R"({"w":{"dtype":"F4"}})", 0),
            "model.safetensors: tensor \"w\": dtype \"F4\" is not supported");
}

TEST(SafetensorsTest, OffsetsAreInOrderAndInTheFile) {
  EXPECT_EQ(Refusal(absl::StrCat("{", Tensor("w", "[1]", "[8,4]"), "}"), 8),
            "model.safetensors: tensor \"w\": data_offsets begin at 8, after "
            "their end at 4");
  EXPECT_EQ(Refusal(absl::StrCat("{", Tensor("w", "[2]", "[0,8]"), "}"), 7),
            "model.safetensors: tensor \"w\": data_offsets end at 8, beyond "
            "the 7 bytes of data in the file");
}

TEST(SafetensorsTest, SizeIsThatOfShapeAndDType) {
  EXPECT_EQ(Refusal(absl::StrCat("{", Tensor("w", "[3]", "[0,8]"), "}"), 8),
            "model.safetensors: tensor \"w\": data_offsets span 8 bytes, "
            "F32[3] needs 12");
  EXPECT_EQ(Refusal(absl::StrCat("{", Tensor("w", "[0]", "[0,8]"), "}"), 8),
            "model.safetensors: tensor \"w\": data_offsets span 8 bytes, "
            "F32[0] needs 0");
}

TEST(SafetensorsTest, ShapeMayNotOverflow) {
  // 2^62 elements of 4 bytes: 2^64, which wraps to the 0 of the offsets.
  EXPECT_EQ(
      Refusal(
          absl::StrCat("{", Tensor("w", "[4611686018427387904]", "[0,0]"), "}"),
          0),
      "model.safetensors: tensor \"w\": the size of shape "
      "[4611686018427387904] overflows");
  EXPECT_EQ(
      Refusal(absl::StrCat("{", Tensor("w", "[4294967296,4294967296]", "[0,0]"),
                           "}"),
              0),
      "model.safetensors: tensor \"w\": the size of shape [4294967296, "
      "4294967296] overflows");
}

TEST(SafetensorsTest, TensorsLeaveNoHoleAndDoNotOverlap) {
  EXPECT_EQ(Refusal(absl::StrCat("{", Tensor("w", "[1]", "[4,8]"), "}"), 8),
            "model.safetensors: tensor \"w\": data_offsets begin at 4, which "
            "leaves a hole: the tensor before ends at 0");
  EXPECT_EQ(Refusal(absl::StrCat("{", Tensor("b", "[1]", "[8,12]"), ",",
                                 Tensor("a", "[1]", "[0,4]"), "}"),
                    12),
            "model.safetensors: tensor \"b\": data_offsets begin at 8, which "
            "leaves a hole: the tensor before ends at 4");
  EXPECT_EQ(Refusal(absl::StrCat("{", Tensor("a", "[2]", "[0,8]"), ",",
                                 Tensor("b", "[2]", "[4,12]"), "}"),
                    12),
            "model.safetensors: tensor \"b\": data_offsets begin at 4, which "
            "leaves an overlap: the tensor before ends at 8");
  EXPECT_EQ(Refusal(absl::StrCat("{", Tensor("a", "[1]", "[0,4]"), ",",
                                 Tensor("b", "[1]", "[0,4]"), "}"),
                    4),
            "model.safetensors: tensor \"b\": data_offsets begin at 0, which "
            "leaves an overlap: the tensor before ends at 4");
}

TEST(SafetensorsTest, BytesAfterTheLastTensorAreRefused) {
  EXPECT_EQ(Refusal(absl::StrCat("{", Tensor("w", "[1]", "[0,4]"), "}"), 5),
            "model.safetensors: the tensors end at 4 of 5 bytes of data; the "
            "bytes after them belong to none");
  EXPECT_EQ(Refusal("{}", 1),
            "model.safetensors: the tensors end at 0 of 1 bytes of data; the "
            "bytes after them belong to none");
}

TEST(SafetensorsTest, EveryCutOfAFileIsRefused) {
  const std::string bytes = SafetensorsBytes(
      absl::StrCat("{", Tensor("w", "[2]", "[0,8]"), "}"), "abcdefgh");
  ASSERT_TRUE(ParseSafetensors(AsBytes(bytes), "x").ok());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(ParseSafetensors(AsBytes(bytes).subspan(0, size), "x").ok())
        << size;
  }
}

}  // namespace
}  // namespace parley
