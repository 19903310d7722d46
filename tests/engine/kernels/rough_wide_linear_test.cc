#include "engine/kernels/rough_wide_linear.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "engine/kernels/packed/packed_linear.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

constexpr int64_t kIn = 200;
constexpr int64_t kOut = 700;

class RoughWideLinearTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!FindKernel(PackedType::kInt16).ok()) {
      GTEST_SKIP() << "this processor has no int16 products";
    }
  }

  // Null where the weight does not do.
  std::unique_ptr<WideLinear> Make() {
    auto made = CreateRoughWideLinear(
        {.shape = {.in_features = kIn, .out_features = kOut},
         .read =
             [this](int64_t output, absl::Span<float> row) {
               std::copy_n(weight_.data() + output * kIn, kIn, row.data());
             },
         .bias = bias_});
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }

  double Exact(const float* x, int64_t output) const {
    double sum = bias_[output];
    for (int64_t i = 0; i < kIn; ++i) {
      sum += double{x[i]} * weight_[output * kIn + i];
    }
    return sum;
  }

  std::vector<float> weight_ = RandomFloats(1).Normal(kIn * kOut);
  std::vector<float> bias_ = RandomFloats(2).Normal(kOut);
};

TEST_F(RoughWideLinearTest, ResultsAreInFull) {
  const std::unique_ptr<WideLinear> layer = Make();
  ASSERT_NE(layer, nullptr);
  EXPECT_TRUE(layer->is_rough());
  const std::vector<float> x = RandomFloats(3).Normal(kIn);
  for (int64_t output = 0; output < kOut; ++output) {
    EXPECT_NEAR(layer->Result(x.data(), output), Exact(x.data(), output), 1e-5);
  }
}

TEST_F(RoughWideLinearTest, RoughResultsAreOffByNoMoreThanItSays) {
  const std::unique_ptr<WideLinear> layer = Make();
  ASSERT_NE(layer, nullptr);
  for (const int64_t num_rows : {1, 40}) {
    std::vector<float> x = RandomFloats(4).Normal(RoundUpRows(num_rows) * kIn);
    for (int64_t i = 0; i < kIn; ++i) x[i] *= 1000;  // The first row.
    std::vector<double> greatest(num_rows);
    // Blocks may come from several threads, but each row's errors only grow.
    const auto consume = [&](const OutputBlock& block) {
#pragma omp critical
      for (int64_t i = 0; i < block.num_rows; ++i) {
        const int64_t row = block.first_row + i;
        for (int64_t o = 0; o < block.num_outputs; ++o) {
          const double result =
              layer->Result(x.data() + row * kIn, block.first_output + o);
          greatest[row] = std::max(
              greatest[row], std::abs(block.y[i * block.stride + o] - result));
        }
      }
    };
    layer->Run(x.data(), num_rows, consume);
    for (int64_t row = 0; row < num_rows; ++row) {
      const double bound = layer->MaxError(x.data() + row * kIn);
      EXPECT_LE(greatest[row], bound) << row;
      // A bound that says nothing would have all looked at in full.
      EXPECT_GE(greatest[row], bound / 200) << row;
    }
  }
}

TEST_F(RoughWideLinearTest, ABrokenRowHasNoBound) {
  const std::unique_ptr<WideLinear> layer = Make();
  ASSERT_NE(layer, nullptr);
  for (const float broken : {std::numeric_limits<float>::infinity(),
                             std::numeric_limits<float>::quiet_NaN()}) {
    std::vector<float> x = RandomFloats(5).Normal(kIn);
    x[17] = broken;
    EXPECT_FALSE(std::isfinite(layer->MaxError(x.data())));
  }
}

TEST_F(RoughWideLinearTest, OutputsOfVeryDifferentScalesAreNotForIt) {
  weight_[3 * kIn + 5] = 1000;
  EXPECT_EQ(Make(), nullptr);
  weight_[3 * kIn + 5] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(Make(), nullptr);
  std::fill(weight_.begin(), weight_.end(), 0.0f);
  EXPECT_NE(Make(), nullptr);
}

TEST_F(RoughWideLinearTest, SelectedOutputsHaveTheSameBits) {
  const std::unique_ptr<WideLinear> layer = Make();
  ASSERT_NE(layer, nullptr);
  const std::vector<int32_t> outputs = {0, 3, 4, 300, 699};
  const auto selected = layer->Select(outputs);
  ASSERT_TRUE(selected.ok()) << selected.status();
  EXPECT_TRUE((*selected)->is_rough());
  const std::vector<float> x = RandomFloats(6).Normal(RoundUpRows(1) * kIn);
  for (size_t i = 0; i < outputs.size(); ++i) {
    EXPECT_EQ((*selected)->Result(x.data(), i),
              layer->Result(x.data(), outputs[i]));
  }
  EXPECT_EQ((*selected)->MaxError(x.data()) <= layer->MaxError(x.data()), true);
}

}  // namespace
}  // namespace parley::kernels
