#include "engine/kernels/packed/packed_linear.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

std::unique_ptr<Linear> RandomInt8(int64_t in, int64_t out) {
  const std::vector<float> floats = RandomFloats(6).Normal(in * out);
  const PackedShape shape = {.in_features = in, .out_features = out};
  auto linear = CreatePackedLinear(
      Pack(shape,
           [&](int64_t output, absl::Span<float> row) {
             std::copy_n(floats.data() + output * in, in, row.data());
           }),
      RandomFloats(7).Normal(out));
  EXPECT_TRUE(linear.ok()) << linear.status();
  return *std::move(linear);
}

// As many threads as there may be: more than panels, and more than rows.
TEST(PackedLinearTest, TheSizeOfTheTeamDoesNotMatter) {
  const int before = omp_get_max_threads();
  for (const auto& [in, out] : {std::pair{512, 48}, {64, 700}, {2048, 512}}) {
    const auto linear = RandomInt8(in, out);
    for (const int64_t num_rows : {1, 5, 100}) {
      const std::vector<float> x = RandomFloats(8).Normal(num_rows * in);
      std::vector<float> expected(num_rows * out), y(num_rows * out);
      omp_set_num_threads(1);
      linear->Run(x.data(), num_rows, expected.data());
      for (const int num_threads : {2, 3, 7}) {
        omp_set_num_threads(num_threads);
        std::fill(y.begin(), y.end(), std::nanf(""));
        linear->Run(x.data(), num_rows, y.data());
        EXPECT_EQ(y, expected) << num_threads << " threads";
      }
    }
  }
  omp_set_num_threads(before);
}

TEST(PackedLinearTest, RowWorkIsDoneOnceForEachRowBeforeAndAfter) {
  const auto linear = RandomInt8(64, 64);
  for (const int64_t num_rows : {1, 9, 64}) {
    std::vector<float> x(num_rows * 64), y(num_rows * 64);
    std::vector<std::atomic<int>> before(num_rows), after(num_rows);
    const auto fill = [&](int64_t row) {
      ++before[row];
      std::fill_n(x.data() + row * 64, 64, 1.0f + row);
    };
    const auto scale = [&](int64_t row) {
      ++after[row];
      for (int i = 0; i < 64; ++i) y[row * 64 + i] *= 2;
    };
    linear->Run(x.data(), num_rows, y.data(), {.before = fill, .after = scale});
    std::vector<float> expected(num_rows * 64);
    linear->Run(x.data(), num_rows, expected.data());
    for (float& number : expected) number *= 2;
    EXPECT_EQ(y, expected);
    for (int64_t row = 0; row < num_rows; ++row) {
      EXPECT_EQ(before[row], 1);
      EXPECT_EQ(after[row], 1);
    }
  }
}

TEST(PackedLinearTest, ABrokenRowBreaksNoOther) {
  const auto linear = RandomInt8(40, 20);
  std::vector<float> x = RandomFloats(9).Normal(3 * 40);
  std::vector<float> expected(3 * 20), y(3 * 20);
  linear->Run(x.data(), 3, expected.data());
  x[40 + 7] = std::numeric_limits<float>::quiet_NaN();
  linear->Run(x.data(), 3, y.data());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(y[i], expected[i]);
    EXPECT_TRUE(std::isnan(y[20 + i]));
    EXPECT_EQ(y[40 + i], expected[40 + i]);
  }
}

TEST(PackedLinearTest, KnowsItsShapeAndPadsItsBias) {
  const LinearShape shape = RandomInt8(40, 20)->shape();
  EXPECT_EQ(shape.in_features, 40);
  EXPECT_EQ(shape.out_features, 20);
  EXPECT_EQ(shape.precision, Precision::kInt8);
  const FloatBuffer bias = PadBias({40, 20}, std::vector<float>(20, 3.0f));
  EXPECT_EQ(bias.size(), 32);
  EXPECT_EQ(bias.data()[19], 3.0f);
  EXPECT_EQ(bias.data()[20], 0.0f);
}

}  // namespace
}  // namespace parley::kernels
