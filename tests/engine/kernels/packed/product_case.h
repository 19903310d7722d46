// A packed product with random factors, and what it has to give.
#ifndef PARLEY_TESTS_ENGINE_KERNELS_PACKED_PRODUCT_CASE_H_
#define PARLEY_TESTS_ENGINE_KERNELS_PACKED_PRODUCT_CASE_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/kernels/packed/packed_weight.h"
#include "engine/kernels/packed/product.h"
#include "engine/kernels/packed/row_rotation.h"
#include "engine/kernels/packed/row_rounding.h"
#include "engine/kernels/vector_ops.h"
#include "engine/tensor/tensor.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {

// A product's inputs and what it has to give, in double precision.
class ProductCase {
 public:
  // Rows in `format`, which must go with the shape's type.
  ProductCase(const PackedShape& shape, int64_t num_rows,
              const RowFormat& format)
      : shape_(shape),
        num_rows_(num_rows),
        format_(format),
        bias_(shape.padded_out()),
        rows_(num_rows * row_bytes() / sizeof(float)) {
    RandomFloats random(static_cast<unsigned>(shape.in_features + num_rows));
    const std::vector<float> floats =
        random.Normal(shape.in_features * shape.out_features);
    weight_ = Pack(shape, [&](int64_t output, absl::Span<float> row) {
      std::copy_n(floats.data() + output * shape.in_features, shape.in_features,
                  row.data());
    });
    const std::vector<float> bias = random.Normal(shape.out_features);
    std::copy(bias.begin(), bias.end(), bias_.data());
    for (int64_t row = 0; row < num_rows; ++row) {
      AddRow(row, random.Normal(shape.in_features));
    }
  }

  PackedProduct Product(int64_t first_panel, int64_t end_panel, float* y,
                        int64_t stride) const {
    return {.rows = reinterpret_cast<const std::byte*>(rows_.data()),
            .ranges = ranges_.data(),
            .num_rows = num_rows_,
            .weight = &weight_,
            .bias = bias_.data(),
            .first_panel = first_panel,
            .end_panel = end_panel,
            .y = y,
            .y_stride = stride};
  }

  // All outputs; checks that nothing beside them is written.
  std::vector<float> Run(PackedKernel kernel) const {
    const int64_t stride = shape_.out_features + 3;
    std::vector<float> y(num_rows_ * stride, kUntouched);
    kernel(Product(0, shape_.num_panels(), y.data(), stride));
    std::vector<float> result;
    for (int64_t row = 0; row < num_rows_; ++row) {
      const auto begin = y.begin() + row * stride;
      result.insert(result.end(), begin, begin + shape_.out_features);
      EXPECT_EQ(
          std::count(begin + shape_.out_features, begin + stride, kUntouched),
          3);
    }
    return result;
  }

  void ExpectRight(const std::vector<float>& y) const {
    std::vector<float> factors(shape_.in_features);
    for (int64_t output = 0; output < shape_.out_features; ++output) {
      UnpackOutput(weight_, output, absl::MakeSpan(factors));
      // As the kernel has them: the rows here are taken as they are.
      if (shape_.type == PackedType::kInt8) {
        RotateRowBack(absl::MakeSpan(factors));
      }
      for (int64_t row = 0; row < num_rows_; ++row) {
        double expected = bias_.data()[output];
        double magnitude = std::fabs(expected);
        for (int64_t i = 0; i < shape_.in_features; ++i) {
          const double product = double{values_[row][i]} * factors[i];
          expected += product;
          magnitude += std::fabs(product);
        }
        ASSERT_NEAR(y[row * shape_.out_features + output], expected,
                    kEpsilon * (4 + std::sqrt(shape_.in_features)) * magnitude)
            << "row " << row << ", output " << output;
      }
    }
  }

  const PackedShape& shape() const { return shape_; }
  int64_t row_bytes() const {
    return shape_.padded_in() * format_.number_bytes();
  }

 private:
  static constexpr float kUntouched = -12345.0f;

  // Rounds a row, and notes what it then stands for.
  void AddRow(int64_t row, const std::vector<float>& x) {
    auto* bytes =
        reinterpret_cast<std::byte*>(rows_.data()) + row * row_bytes();
    std::vector<double> values(x.size());
    if (format_.number == RowFormat::Number::kUint8) {
      auto* rounded = reinterpret_cast<uint8_t*>(bytes);
      ranges_.push_back(RoundToUint8(x, format_.levels, {rounded, x.size()}));
      for (size_t i = 0; i < x.size(); ++i) {
        values[i] =
            double{ranges_.back().scale} * (rounded[i] - ranges_.back().zero);
      }
    } else if (format_.number == RowFormat::Number::kF32) {
      std::memcpy(bytes, x.data(), x.size() * sizeof(float));
      values.assign(x.begin(), x.end());
    } else {
      auto* rounded = reinterpret_cast<uint16_t*>(bytes);
      ConvertF32ToBF16(x, {rounded, x.size()});
      std::vector<float> widened(x.size());
      ConvertBF16ToF32({rounded, x.size()}, absl::MakeSpan(widened));
      values.assign(widened.begin(), widened.end());
    }
    values_.push_back(std::move(values));
  }

  const PackedShape shape_;
  const int64_t num_rows_;
  const RowFormat format_;
  PackedWeight weight_;
  FloatBuffer bias_;
  FloatBuffer rows_;
  std::vector<RowRange> ranges_;
  std::vector<std::vector<double>> values_;
};

}  // namespace parley::kernels

#endif  // PARLEY_TESTS_ENGINE_KERNELS_PACKED_PRODUCT_CASE_H_
