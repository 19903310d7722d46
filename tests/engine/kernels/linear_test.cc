#include "engine/kernels/linear.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/kernels/packed/product.h"
#include "engine/kernels/packed/row_rotation.h"
#include "engine/kernels/packed/row_rounding.h"
#include "engine/kernels/vector_ops.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

using ::testing::HasSubstr;

std::vector<Precision> SupportedPrecisions() {
  std::vector<Precision> precisions = {Precision::kF32, Precision::kInt8};
  if (Supports(Precision::kBF16)) precisions.push_back(Precision::kBF16);
  return precisions;
}

struct Layer {
  Layer(LinearShape shape, bool has_bias) : shape(shape) {
    RandomFloats random(static_cast<unsigned>(shape.in_features));
    weight = random.Normal(shape.in_features * shape.out_features);
    if (has_bias) bias = random.Normal(shape.out_features);
    auto created = Linear::Create(shape, weight, bias);
    EXPECT_TRUE(created.ok()) << created.status();
    linear = *std::move(created);
  }

  // The result of `x` [num_rows, in_features], in buffers that are exactly as
  // large as they must be. NaN in the surplus rows must not matter.
  std::vector<float> Run(absl::Span<const float> x) const {
    const int64_t num_rows = x.size() / shape.in_features;
    std::vector<float> source(RoundUpRows(num_rows) * shape.in_features,
                              std::nanf(""));
    std::copy(x.begin(), x.end(), source.begin());
    std::vector<float> result(RoundUpRows(num_rows) * shape.out_features);
    linear->Run(source.data(), num_rows, result.data());
    result.resize(num_rows * shape.out_features);
    return result;
  }

  LinearShape shape;
  std::vector<float> weight, bias;
  std::unique_ptr<Linear> linear;
};

std::vector<float> RandomRows(const Layer& layer, int64_t num_rows) {
  return RandomFloats(7).Normal(num_rows * layer.shape.in_features);
}

// Rows of x as an int8 product reads them, rotated.
std::vector<float> RoundedRowsOf(const std::vector<float>& x, int64_t in) {
  std::vector<float> rounded(x.size());
  std::vector<uint8_t> bytes(in);
  const int levels = BestPackedKernels().activation_levels;
  for (size_t begin = 0; begin < x.size(); begin += in) {
    std::vector<float> row(x.begin() + begin, x.begin() + begin + in);
    RotateRow(row, absl::MakeSpan(row));
    const RowRange range = RoundToUint8(row, levels, absl::MakeSpan(bytes));
    for (int64_t i = 0; i < in; ++i) {
      rounded[begin + i] = (bytes[i] - range.zero) * range.scale;
    }
  }
  return rounded;
}

// And the weight of each output.
std::vector<float> RoundedWeightOf(const std::vector<float>& weight,
                                   int64_t in) {
  std::vector<float> rounded(weight.size());
  std::vector<int8_t> bytes(in);
  for (size_t begin = 0; begin < weight.size(); begin += in) {
    std::vector<float> row(weight.begin() + begin, weight.begin() + begin + in);
    RotateRowBack(absl::MakeSpan(row));
    const float scale = RoundToInt8(row, absl::MakeSpan(bytes));
    for (int64_t i = 0; i < in; ++i) rounded[begin + i] = bytes[i] * scale;
  }
  return rounded;
}

// What a product of f32 or bf16 makes of its factors.
std::vector<float> Rounded(const std::vector<float>& x, Precision precision) {
  if (precision == Precision::kF32) return x;
  std::vector<uint16_t> halves(x.size());
  ConvertF32ToBF16(x, absl::MakeSpan(halves));
  std::vector<float> rounded(x.size());
  ConvertBF16ToF32(halves, absl::MakeSpan(rounded));
  return rounded;
}

void ExpectProduct(const Layer& layer, int64_t num_rows) {
  const auto [in, out, precision] = layer.shape;
  const std::vector<float> x = RandomRows(layer, num_rows);
  const std::vector<float> y = layer.Run(x);
  const bool is_int8 = precision == Precision::kInt8;
  const bool keeps_rows = precision == Precision::kF32 || WidensBF16();
  const std::vector<float> factors = is_int8      ? RoundedRowsOf(x, in)
                                     : keeps_rows ? x
                                                  : Rounded(x, precision);
  const std::vector<float> weight = is_int8 ? RoundedWeightOf(layer.weight, in)
                                            : Rounded(layer.weight, precision);
  for (int64_t r = 0; r < num_rows; ++r) {
    for (int64_t o = 0; o < out; ++o) {
      const double bias = layer.bias.empty() ? 0 : layer.bias[o];
      double expected = bias, magnitude = std::fabs(bias);
      for (int64_t i = 0; i < in; ++i) {
        const double product = double{factors[r * in + i]} * weight[o * in + i];
        expected += product;
        magnitude += std::fabs(product);
      }
      ASSERT_NEAR(y[r * out + o], expected,
                  kEpsilon * (4 + std::sqrt(in)) * magnitude)
          << "row " << r << ", feature " << o;
    }
  }
}

TEST(LinearTest, MatchesDoublePrecision) {
  constexpr LinearShape kShapes[] = {{1, 1},    {1, 9},    {9, 1},   {7, 5},
                                     {33, 17},  {64, 64},  {65, 63}, {100, 300},
                                     {512, 48}, {2048, 16}};
  for (LinearShape shape : kShapes) {
    for (const Precision precision : SupportedPrecisions()) {
      SCOPED_TRACE(testing::Message()
                   << shape.in_features << " by " << shape.out_features);
      shape.precision = precision;
      for (bool has_bias : {false, true}) {
        const Layer layer(shape, has_bias);
        for (int64_t num_rows : {1, 2, 3, 5, 17, 64, 100}) {
          ExpectProduct(layer, num_rows);
        }
      }
    }
  }
}

TEST(LinearTest, MoreRowsThanTheLargestTile) {
  for (const Precision precision : SupportedPrecisions()) {
    const Layer layer({24, 40, precision}, true);
    for (int64_t num_rows : {256, 257, 300, 512, 700}) {
      ExpectProduct(layer, num_rows);
    }
  }
}

// The rows from `first` on, computed together, have the bits of `expected`.
void ExpectRows(const Layer& layer, absl::Span<const float> x, int64_t first,
                int64_t num_rows, absl::Span<const float> expected) {
  const auto [in, out, precision] = layer.shape;
  const std::vector<float> y = layer.Run(x.subspan(first * in, num_rows * in));
  ASSERT_EQ(std::memcmp(y.data(), expected.data() + first * out,
                        y.size() * sizeof(float)),
            0)
      << num_rows << " rows from row " << first << " of " << in << " by "
      << out;
}

// Every row alone, in element order.
std::vector<float> RowByRow(const Layer& layer, absl::Span<const float> x) {
  const int64_t in = layer.shape.in_features;
  std::vector<float> y;
  for (size_t start = 0; start < x.size(); start += in) {
    const std::vector<float> row = layer.Run(x.subspan(start, in));
    y.insert(y.end(), row.begin(), row.end());
  }
  return y;
}

TEST(LinearTest, RowsAreIndependentOfTheirNumber) {
  constexpr LinearShape kShapes[] = {{512, 512}, {512, 96}, {256, 256},
                                     {7, 5},     {33, 17},  {9, 1}};
  constexpr int64_t kMaxRows = 300;
  for (const LinearShape& shape : kShapes) {
    const Layer layer(shape, shape.in_features % 2 == 0);
    const std::vector<float> x = RandomRows(layer, kMaxRows + 5);
    const std::vector<float> expected = RowByRow(layer, x);
    for (int64_t num_rows = 1; num_rows <= kMaxRows; ++num_rows) {
      ExpectRows(layer, x, num_rows % 6, num_rows, expected);
    }
  }
}

TEST(LinearTest, RowsAreIndependentInManyShapes) {
  // Those of real models, and awkward ones.
  constexpr LinearShape kShapes[] = {{512, 1536}, {512, 2048}, {2048, 512},
                                     {256, 768},  {768, 768},  {768, 3072},
                                     {3072, 768}, {512, 6001}, {2048, 40},
                                     {2047, 33},  {513, 511}};
  for (LinearShape shape : kShapes) {
    for (const Precision precision : SupportedPrecisions()) {
      shape.precision = precision;
      const Layer layer(shape, true);
      const std::vector<float> x = RandomRows(layer, 262);
      const std::vector<float> expected = RowByRow(layer, x);
      for (int64_t num_rows :
           {2,  3,  4,  6,  8,  9,  12,  16,  20,  24,  30,
            32, 40, 48, 64, 70, 96, 128, 150, 192, 256, 260}) {
        ExpectRows(layer, x, 2, num_rows, expected);
      }
    }
  }
}

TEST(LinearTest, LayersOfOneShapeMayRunAtTheSameTime) {
  const Layer first({64, 96}, true);
  const Layer second({64, 96}, true);
  const std::vector<float> x = RandomRows(first, 37);
  const std::vector<float> expected = first.Run(x);
  std::vector<std::thread> threads;
  for (const Layer* layer : {&first, &second}) {
    threads.emplace_back([layer, &x, &expected] {
      for (int i = 0; i < 100; ++i) ASSERT_EQ(layer->Run(x), expected);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(LinearTest, RefusesAPrecisionThatTheProcessorLacks) {
  if (Supports(Precision::kBF16)) GTEST_SKIP() << "it has bf16";
  const std::vector<float> weight(12);
  const auto refused =
      Linear::Create({4, 3, Precision::kBF16}, weight, {}).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(refused.message(), HasSubstr("bf16"));
}

TEST(LinearTest, NoRows) {
  const Layer layer({8, 8}, true);
  layer.linear->Run(nullptr, 0, nullptr);
}

TEST(LinearTest, KeepsItsShape) {
  const Layer layer({8, 3}, false);
  EXPECT_EQ(layer.linear->shape().in_features, 8);
  EXPECT_EQ(layer.linear->shape().out_features, 3);
}

TEST(LinearTest, RefusesSizesThatDoNotFit) {
  const std::vector<float> numbers(12);
  const auto status = [&](LinearShape shape, size_t weight, size_t bias) {
    const auto all = absl::MakeConstSpan(numbers);
    return Linear::Create(shape, all.first(weight), all.first(bias)).status();
  };
  EXPECT_TRUE(status({4, 3}, 12, 3).ok());
  constexpr int64_t kHuge = int64_t{1} << 62;
  for (const absl::Status& refused :
       {status({4, 3}, 11, 3), status({4, 3}, 12, 2), status({0, 3}, 0, 3),
        status({4, 0}, 0, 0), status({-4, -3}, 12, 0), status({kHuge, 4}, 0, 0),
        status({12, kHuge + 1}, 12, 0)}) {
    EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(refused.message(), HasSubstr("linear layer"));
  }
}

TEST(RoundUpRowsTest, PreparedCountsThenWholeTiles) {
  const std::pair<int64_t, int64_t> kExpected[] = {
      {0, 0},     {1, 1},     {2, 2},     {3, 4},     {5, 8},
      {9, 16},    {17, 24},   {25, 32},   {33, 48},   {49, 64},
      {65, 96},   {97, 128},  {129, 192}, {193, 256}, {256, 256},
      {257, 257}, {259, 260}, {512, 512}, {520, 520}, {600, 608}};
  for (const auto& [num_rows, expected] : kExpected) {
    EXPECT_EQ(RoundUpRows(num_rows), expected) << num_rows;
  }
}

}  // namespace
}  // namespace parley::kernels
