#include "engine/weights/named_tensors.h"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/weights/file_bytes.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

using ::testing::ElementsAre;

TEST(NamedTensorsTest, FindsByNameAndListsNamesSorted) {
  NamedTensors tensors("some/file");
  const std::string bytes(16, 'x');
  EXPECT_TRUE(tensors.Add("b", {DType::kF32, {4}, AsBytes(bytes)}));
  EXPECT_TRUE(tensors.Add("a", {DType::kU8, {16}, AsBytes(bytes)}));
  EXPECT_EQ(tensors.path(), "some/file");
  EXPECT_THAT(tensors.names(), ElementsAre("a", "b"));
  ASSERT_NE(tensors.Find("b"), nullptr);
  EXPECT_EQ(tensors.Find("b")->dtype, DType::kF32);
  EXPECT_EQ(tensors.Find("b")->data, AsBytes(bytes));
  EXPECT_EQ(tensors.Find("c"), nullptr);
}

TEST(NamedTensorsTest, TakenNameIsRefusedAndKeepsItsTensor) {
  NamedTensors tensors("file");
  EXPECT_TRUE(tensors.Add("a", {DType::kF32, {0}, {}}));
  EXPECT_FALSE(tensors.Add("a", {DType::kU8, {0}, {}}));
  EXPECT_EQ(tensors.Find("a")->dtype, DType::kF32);
}

TEST(NamedTensorsTest, FindsMetadata) {
  NamedTensors tensors("file");
  EXPECT_EQ(tensors.Metadata("a"), std::nullopt);
  tensors.SetMetadata({{"a", "1"}, {"b", ""}});
  EXPECT_EQ(tensors.Metadata("a"), "1");
  EXPECT_EQ(tensors.Metadata("b"), "");
  EXPECT_EQ(tensors.Metadata("c"), std::nullopt);
  EXPECT_THAT(tensors.MetadataKeys(), ElementsAre("a", "b"));
}

TEST(NamedTensorsTest, AllocatedMemoryStaysWhereItIs) {
  NamedTensors tensors("file");
  std::vector<absl::Span<std::byte>> spans;
  for (size_t size = 0; size < 100; ++size) {
    auto span = tensors.Allocate(size);
    ASSERT_TRUE(span.ok());
    ASSERT_EQ(span->size(), size);
    for (std::byte& byte : *span) byte = static_cast<std::byte>(size);
    spans.push_back(*span);
  }
  for (size_t size = 0; size < 100; ++size) {
    for (const std::byte byte : spans[size]) {
      ASSERT_EQ(byte, static_cast<std::byte>(size));
    }
  }
}

TEST(NamedTensorsTest, KeepsTheMappingAlive) {
  const TempFolder folder;
  NamedTensors tensors("file");
  auto mapping = MappedFile::Open(folder.Write("file", "bytes"));
  ASSERT_TRUE(mapping.ok());
  tensors.Add("a", {DType::kU8, {5}, (*mapping)->bytes()});
  tensors.Keep(*std::move(mapping));
  EXPECT_EQ(tensors.Find("a")->data, AsBytes("bytes"));
}

}  // namespace
}  // namespace parley
