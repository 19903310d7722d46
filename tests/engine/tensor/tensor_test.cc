#include "engine/tensor/tensor.h"

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(ShapeTest, ReadsAsAList) {
  EXPECT_EQ(ShapeToString({}), "[]");
  EXPECT_EQ(ShapeToString({7}), "[7]");
  EXPECT_EQ(ShapeToString({512, 0, 2048}), "[512, 0, 2048]");
}

TEST(TensorViewTest, CountsItsElements) {
  const std::vector<std::byte> bytes(24);
  EXPECT_EQ((TensorView{DType::kF32, {2, 3}, bytes}).num_elements(), 6);
  EXPECT_EQ((TensorView{DType::kF16, {12}, bytes}).num_elements(), 12);
  EXPECT_EQ((TensorView{DType::kI64, {0, 3}, {}}).num_elements(), 0);
}

TEST(FloatBufferTest, IsAlignedAndZero) {
  for (const int64_t size : {1, 15, 16, 17, 1000}) {
    FloatBuffer buffer(size);
    ASSERT_EQ(buffer.size(), size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer.data()) % 64, 0u);
    for (const float value : buffer.span()) EXPECT_EQ(value, 0.0f);
    // All of it is ours to write, which AddressSanitizer checks.
    for (float& value : buffer.span()) value = 1.0f;
    const FloatBuffer& view = buffer;
    EXPECT_EQ(view.span().size(), static_cast<size_t>(size));
    EXPECT_EQ(view.span().back(), 1.0f);
  }
}

TEST(FloatBufferTest, MayBeEmpty) {
  EXPECT_EQ(FloatBuffer().size(), 0);
  EXPECT_EQ(FloatBuffer().span().size(), 0u);
  EXPECT_EQ(FloatBuffer(0).size(), 0);
  EXPECT_EQ(FloatBuffer(0).data(), nullptr);
}

TEST(FloatBufferTest, MovesItsMemoryAndIsEmptyAfterwards) {
  FloatBuffer first(3);
  first.span()[1] = 2.5f;
  const float* const data = first.data();
  FloatBuffer second = std::move(first);
  EXPECT_EQ(second.data(), data);
  EXPECT_EQ(second.size(), 3);
  EXPECT_EQ(second.span()[1], 2.5f);
  EXPECT_EQ(first.size(), 0);  // NOLINT: what a move leaves is promised.
  EXPECT_EQ(first.data(), nullptr);

  FloatBuffer third(8);
  third = std::move(second);
  EXPECT_EQ(third.data(), data);
  EXPECT_EQ(third.size(), 3);
  EXPECT_EQ(second.size(), 0);  // NOLINT: as above.
}

TEST(FloatBufferDeathTest, NegativeSizeIsABrokenInvariant) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(FloatBuffer(-1), "num_floats >= 0");
}

}  // namespace
}  // namespace parley
