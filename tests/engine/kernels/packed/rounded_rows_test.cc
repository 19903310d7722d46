#include "engine/kernels/packed/rounded_rows.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/types/span.h"
#include "engine/kernels/linear.h"
#include "engine/kernels/packed/row_rotation.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

TEST(RoundedRowsTest, RowsAreRoundedAndPaddedWithZeros) {
  const PackedShape shape = {.in_features = 70, .out_features = 3};
  const PackedWeight weight = {.shape = shape};
  RoundedRows rows;
  const std::vector<float> x = RandomFloats(5).Normal(3 * 70);
  rows.Begin(shape, x.data(), 3);
  for (int row = 0; row < 3; ++row) rows.Round(row);
  const PackedProduct product = rows.Product(weight, 1, 2);
  EXPECT_EQ(product.num_rows, 2);
  EXPECT_EQ(product.end_panel, 1);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(product.rows) % 64, 0u);
  const auto* bytes = reinterpret_cast<const uint8_t*>(product.rows);
  for (int row = 0; row < 2; ++row) {
    const RowRange range = product.ranges[row];
    std::vector<float> rotated(x.begin() + (row + 1) * 70,
                               x.begin() + (row + 2) * 70);
    RotateRow(rotated, absl::MakeSpan(rotated));
    for (int i = 0; i < 70; ++i) {
      ASSERT_NEAR(range.scale * (bytes[row * 128 + i] - range.zero), rotated[i],
                  range.scale * 1.001f);
    }
    for (int i = 70; i < 128; ++i) EXPECT_EQ(bytes[row * 128 + i], 0);
  }
}

// What an earlier product of another shape left must not be multiplied.
TEST(RoundedRowsTest, NothingIsLeftOfTheProductBefore) {
  const PackedShape wide = {64, 1, PackedType::kBF16};
  const PackedShape narrow = {33, 1, PackedType::kBF16};
  RoundedRows rows;
  const std::vector<float> broken(4 * 64,
                                  std::numeric_limits<float>::quiet_NaN());
  rows.Begin(wide, broken.data(), 4);
  for (int row = 0; row < 4; ++row) rows.Round(row);
  const std::vector<float> x(33, 1.0f);
  rows.Begin(narrow, x.data(), 1);
  rows.Round(0);
  const PackedWeight weight = {.shape = narrow};
  const std::byte* bytes = rows.Product(weight, 0, 1).rows;
  if (!WidensBF16()) {
    const auto* halves = reinterpret_cast<const uint16_t*>(bytes);
    for (int i = 0; i < 33; ++i) EXPECT_EQ(halves[i], 0x3F80);
    for (int i = 33; i < 64; ++i) EXPECT_EQ(halves[i], 0);
  } else {
    const auto* floats = reinterpret_cast<const float*>(bytes);
    for (int i = 0; i < 33; ++i) EXPECT_EQ(floats[i], 1.0f);
    for (int i = 33; i < 64; ++i) EXPECT_EQ(floats[i], 0.0f);
  }
}

TEST(RoundedRowsTest, WholeChunksOfF32AreNotCopied) {
  const std::vector<float> x = RandomFloats(5).Normal(3 * 48);
  for (const int64_t in_features : {48, 47}) {
    const PackedShape shape = {in_features, 1, PackedType::kF32};
    const PackedWeight weight = {.shape = shape};
    RoundedRows rows;
    rows.Begin(shape, x.data(), 3);
    for (int row = 0; row < 3; ++row) rows.Round(row);
    const auto* product_rows =
        reinterpret_cast<const float*>(rows.Product(weight, 1, 2).rows);
    EXPECT_EQ(product_rows == x.data() + 48, in_features == 48);
    for (int i = 0; i < in_features; ++i) {
      EXPECT_EQ(product_rows[i], x[in_features + i]);
    }
  }
}

}  // namespace
}  // namespace parley::kernels
