#include "engine/weights/shape_bytes.h"

#include <cstdint>
#include <optional>

#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(ShapeBytesTest, MultipliesSizesAndElement) {
  EXPECT_EQ(ShapeBytes({}, DType::kF64), 8);
  EXPECT_EQ(ShapeBytes({2, 3}, DType::kBF16), 12);
  EXPECT_EQ(ShapeBytes({5, 0}, DType::kF32), 0);
}

TEST(ShapeBytesTest, RefusesWhatDoesNotFitIn63Bits) {
  constexpr int64_t kHuge = int64_t{1} << 62;
  EXPECT_EQ(ShapeBytes({kHuge}, DType::kU8), kHuge);
  EXPECT_EQ(ShapeBytes({kHuge}, DType::kF16), std::nullopt);
  EXPECT_EQ(ShapeBytes({kHuge, 2}, DType::kU8), std::nullopt);
  EXPECT_EQ(ShapeBytes({INT64_MAX, INT64_MAX, INT64_MAX}, DType::kF32),
            std::nullopt);
}

TEST(ShapeBytesTest, ZeroDoesNotHideAnOverflow) {
  EXPECT_EQ(ShapeBytes({0, INT64_MAX, 2}, DType::kU8), std::nullopt);
  EXPECT_EQ(ShapeBytes({INT64_MAX, 2, 0}, DType::kU8), std::nullopt);
}

}  // namespace
}  // namespace parley
