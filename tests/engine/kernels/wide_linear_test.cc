#include "engine/kernels/wide_linear.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <mutex>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

std::vector<Precision> SupportedPrecisions() {
  std::vector<Precision> precisions;
  for (const Precision precision :
       {Precision::kF32, Precision::kBF16, Precision::kInt8}) {
    if (Supports(precision)) precisions.push_back(precision);
  }
  return precisions;
}

struct Wide {
  explicit Wide(const LinearShape& shape)
      : shape(shape),
        weight(RandomFloats(1).Normal(shape.in_features * shape.out_features)),
        bias(RandomFloats(2).Normal(shape.out_features)) {
    auto created = WideLinear::Create(
        {.shape = shape,
         .read =
             [this](int64_t output, absl::Span<float> row) {
               std::copy_n(weight.data() + output * row.size(), row.size(),
                           row.data());
             },
         .bias = bias});
    EXPECT_TRUE(created.ok()) << created.status();
    layer = *std::move(created);
  }

  LinearShape shape;
  std::vector<float> weight;
  std::vector<float> bias;
  std::unique_ptr<WideLinear> layer;
};

// All results; checks that each row and output comes once, in order.
std::vector<float> ResultsOf(const WideLinear& layer,
                             absl::Span<const float> x) {
  const int64_t in = layer.shape().in_features;
  const int64_t out = layer.shape().out_features;
  const int64_t num_rows = x.size() / in;
  std::vector<float> padded(RoundUpRows(num_rows) * in);
  std::copy(x.begin(), x.end(), padded.begin());
  std::vector<float> y(num_rows * out, std::nanf(""));
  std::mutex mutex;
  std::vector<int64_t> last_index(64, -1);
  layer.Run(padded.data(), num_rows, [&](const OutputBlock& block) {
    const std::lock_guard lock(mutex);
    EXPECT_EQ(block.first_output, block.index * WideLinear::kBlockOutputs);
    EXPECT_GE(block.index, last_index[block.thread]);
    last_index[block.thread] = block.index;
    for (int64_t i = 0; i < block.num_rows; ++i) {
      for (int64_t o = 0; o < block.num_outputs; ++o) {
        float& result = y[(block.first_row + i) * out + block.first_output + o];
        EXPECT_TRUE(std::isnan(result));
        result = block.y[i * block.stride + o];
      }
    }
  });
  return y;
}

TEST(WideLinearTest, GivesTheResultsOfALinearLayer) {
  for (const Precision precision : SupportedPrecisions()) {
    for (const int64_t out : {1, 40, 512, 513, 1300}) {
      const Wide wide(
          {.in_features = 70, .out_features = out, .precision = precision});
      const auto linear = Linear::Create(wide.shape, wide.weight, wide.bias);
      ASSERT_TRUE(linear.ok());
      for (const int64_t num_rows : {1, 7, 128, 150}) {
        const std::vector<float> x = RandomFloats(3).Normal(num_rows * 70);
        std::vector<float> padded(RoundUpRows(num_rows) * 70);
        std::copy(x.begin(), x.end(), padded.begin());
        std::vector<float> expected(RoundUpRows(num_rows) * out);
        (*linear)->Run(padded.data(), num_rows, expected.data());
        expected.resize(num_rows * out);
        // Of rough results rough_wide_linear_test tells the bound.
        const float tolerance = wide.layer->is_rough() ? 2e-2f : 1e-4f;
        EXPECT_THAT(
            ResultsOf(*wide.layer, x),
            testing::Pointwise(testing::FloatNear(tolerance), expected));
      }
    }
  }
}

TEST(WideLinearTest, RowsAreIndependentOfTheirNumber) {
  for (const Precision precision : SupportedPrecisions()) {
    const Wide wide(
        {.in_features = 512, .out_features = 700, .precision = precision});
    const std::vector<float> x = RandomFloats(4).Normal(140 * 512);
    const std::vector<float> all = ResultsOf(*wide.layer, x);
    for (const int64_t num_rows : {1, 2, 4, 9, 33, 129}) {
      const std::vector<float> some = ResultsOf(
          *wide.layer, absl::MakeConstSpan(x).subspan(5 * 512, num_rows * 512));
      EXPECT_EQ(std::memcmp(some.data(), all.data() + 5 * 700,
                            some.size() * sizeof(float)),
                0)
          << num_rows;
    }
  }
}

TEST(WideLinearTest, SelectedOutputsHaveTheSameBits) {
  for (const Precision precision : SupportedPrecisions()) {
    const Wide wide(
        {.in_features = 256, .out_features = 1500, .precision = precision});
    std::vector<int32_t> outputs;
    for (int32_t i = 0; i < 1500; i += 1 + i % 3) outputs.push_back(i);
    const auto selected = wide.layer->Select(outputs);
    ASSERT_TRUE(selected.ok()) << selected.status();
    const std::vector<float> x = RandomFloats(5).Normal(6 * 256);
    const std::vector<float> all = ResultsOf(*wide.layer, x);
    const std::vector<float> some = ResultsOf(**selected, x);
    for (int64_t row = 0; row < 6; ++row) {
      for (size_t i = 0; i < outputs.size(); ++i) {
        ASSERT_EQ(some[row * outputs.size() + i], all[row * 1500 + outputs[i]])
            << row << ", " << outputs[i];
      }
    }
  }
}

}  // namespace
}  // namespace parley::kernels
