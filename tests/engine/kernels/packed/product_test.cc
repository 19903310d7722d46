#include "engine/kernels/packed/product.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/kernels/packed/packed_weight.h"
#include "engine/kernels/packed/row_rotation.h"
#include "engine/kernels/packed/row_rounding.h"
#include "engine/kernels/vector_ops.h"
#include "engine/tensor/tensor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/packed/product_case.h"

namespace parley::kernels {
namespace {

using ::testing::Each;
using ::testing::Eq;

std::vector<PackedShape> Shapes(PackedType type) {
  std::vector<PackedShape> shapes;
  for (const auto& [in, out] :
       std::initializer_list<std::tuple<int, int>>{{1, 1},
                                                   {3, 5},
                                                   {64, 16},
                                                   {63, 17},
                                                   {65, 33},
                                                   {130, 48},
                                                   {200, 130}}) {
    shapes.push_back({.in_features = in, .out_features = out, .type = type});
  }
  return shapes;
}

constexpr int64_t kRowCounts[] = {1,  2,  3,  4,  5,  6,  7,  12, 13, 14,
                                  15, 16, 17, 29, 30, 31, 32, 33, 70};

// Of one type, wherever there is a kernel for it.
void ExpectDoublePrecision(PackedType type,
                           PackedKernel PackedKernels::*kernel) {
  for (const PackedKernels& kernels : AllPackedKernels()) {
    if (kernels.*kernel == nullptr) continue;
    SCOPED_TRACE(kernels.name);
    for (const PackedShape& shape : Shapes(type)) {
      SCOPED_TRACE(testing::Message()
                   << shape.in_features << " by " << shape.out_features);
      for (const int64_t num_rows : kRowCounts) {
        const ProductCase test(shape, num_rows, kernels.RowsFor(type));
        test.ExpectRight(test.Run(kernels.*kernel));
      }
    }
  }
}

TEST(PackedProductTest, Int8MatchesDoublePrecision) {
  for (const PackedKernels& kernels : AllPackedKernels()) {
    EXPECT_NE(kernels.int8, nullptr) << kernels.name;
  }
  ExpectDoublePrecision(PackedType::kInt8, &PackedKernels::int8);
}

TEST(PackedProductTest, BF16MatchesDoublePrecision) {
  ExpectDoublePrecision(PackedType::kBF16, &PackedKernels::bf16);
}

TEST(PackedProductTest, F32MatchesDoublePrecision) {
  ExpectDoublePrecision(PackedType::kF32, &PackedKernels::f32);
}

TEST(PackedProductTest, Int16MatchesDoublePrecision) {
  ExpectDoublePrecision(PackedType::kInt16, &PackedKernels::int16);
}

// Also those of 127 levels give the bits of the portable kernel.
TEST(PackedProductTest, Int8IsTheSameBitsEverywhere) {
  for (const PackedShape& shape : Shapes(PackedType::kInt8)) {
    for (const int64_t num_rows : kRowCounts) {
      for (const PackedKernels& kernels : AllPackedKernels()) {
        SCOPED_TRACE(kernels.name);
        const ProductCase test(shape, num_rows, kernels.RowsFor(shape.type));
        EXPECT_EQ(test.Run(kernels.int8),
                  test.Run(AllPackedKernels().back().int8));
      }
    }
  }
}

// Panels computed apart, into their own place, are those computed together.
void ExpectSameInParts(const ProductCase& test, PackedKernel kernel) {
  constexpr int64_t kOutputs = PackedShape::kPanelOutputs;
  const PackedShape& shape = test.shape();
  const std::vector<float> whole = test.Run(kernel);
  const int64_t num_rows = whole.size() / shape.out_features;
  for (int64_t panel = 0; panel < shape.num_panels(); ++panel) {
    const int64_t first = panel * kOutputs;
    const int64_t count = std::min(kOutputs, shape.out_features - first);
    std::vector<float> part(num_rows * count);
    kernel(test.Product(panel, panel + 1, part.data(), count));
    for (int64_t row = 0; row < num_rows; ++row) {
      ASSERT_EQ(std::memcmp(part.data() + row * count,
                            whole.data() + row * shape.out_features + first,
                            count * sizeof(float)),
                0)
          << "row " << row << ", panel " << panel;
    }
  }
}

TEST(PackedProductTest, PartsAreAsTheWhole) {
  constexpr std::pair<PackedType, PackedKernel PackedKernels::*> kTypes[] = {
      {PackedType::kInt8, &PackedKernels::int8},
      {PackedType::kBF16, &PackedKernels::bf16},
      {PackedType::kF32, &PackedKernels::f32},
      {PackedType::kInt16, &PackedKernels::int16}};
  for (const PackedKernels& kernels : AllPackedKernels()) {
    SCOPED_TRACE(kernels.name);
    for (const int64_t num_rows : {1, 13, 33}) {
      for (const auto& [type, kernel] : kTypes) {
        if (kernels.*kernel == nullptr) continue;
        ExpectSameInParts(
            ProductCase({512, 130, type}, num_rows, kernels.RowsFor(type)),
            kernels.*kernel);
      }
    }
  }
}

// The extremes of all factors: sums that saturated anywhere would show.
TEST(PackedProductTest, GreatestFactorsDoNotSaturate) {
  const PackedShape shape = {.in_features = 4096, .out_features = 16};
  for (const float sign : {1.0f, -1.0f}) {
    const PackedWeight weight =
        Pack(shape, [&](int64_t output, absl::Span<float> row) {
          std::fill(row.begin(), row.end(), sign);
          RotateRow(row, row);  // So that what is stored is all the greatest.
        });
    const FloatBuffer bias(shape.padded_out());
    for (const PackedKernels& kernels : AllPackedKernels()) {
      SCOPED_TRACE(kernels.name);
      FloatBuffer rows(shape.row_bytes() / sizeof(float));
      std::memset(rows.data(), kernels.activation_levels, shape.row_bytes());
      const RowRange range = {.scale = 1.0f, .zero = 0};
      std::vector<float> y(16);
      kernels.int8({.rows = reinterpret_cast<const std::byte*>(rows.data()),
                    .ranges = &range,
                    .num_rows = 1,
                    .weight = &weight,
                    .bias = bias.data(),
                    .end_panel = 1,
                    .y = y.data(),
                    .y_stride = 16});
      EXPECT_THAT(y, Each(testing::FloatEq(sign * 4096.0f *
                                           kernels.activation_levels)));
    }
  }
}

TEST(PackedProductTest, NoNumberEscapesARowThatIsBroken) {
  const float kNan = std::numeric_limits<float>::quiet_NaN();
  std::vector<float> x(64, 1.0f);
  x[20] = kNan;
  std::vector<uint8_t> rounded(64);
  EXPECT_TRUE(std::isnan(RoundToUint8(x, 255, absl::MakeSpan(rounded)).scale));
}

TEST(PackedProductTest, TheBestRunsHereAndTheLastRunsEverywhere) {
  EXPECT_STREQ(AllPackedKernels().back().name, "portable");
  EXPECT_NE(BestPackedKernels().int8, nullptr);
}

}  // namespace
}  // namespace parley::kernels
