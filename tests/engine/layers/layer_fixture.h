// Random small layers, and their products in double precision.
#ifndef PARLEY_TESTS_ENGINE_LAYERS_LAYER_FIXTURE_H_
#define PARLEY_TESTS_ENGINE_LAYERS_LAYER_FIXTURE_H_

#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include "engine/kernels/linear.h"
#include "engine/layers/activations.h"
#include "engine/layers/thread_team.h"
#include "engine/layers/weights.h"
#include "gtest/gtest.h"

namespace parley {

using Matrix = std::vector<std::vector<double>>;  // [num_rows][width]

// A packed layer beside the numbers that it was packed from.
struct TestLinear {
  std::unique_ptr<kernels::Linear> linear;
  std::vector<float> weight;  // [out_features, in_features]
  std::vector<float> bias;    // [out_features]

  Matrix Apply(const Matrix& x) const {
    Matrix y;
    for (const std::vector<double>& row : x) {
      std::vector<double>& out = y.emplace_back(bias.begin(), bias.end());
      for (size_t o = 0; o < out.size(); ++o) {
        for (size_t i = 0; i < row.size(); ++i) {
          out[o] += weight[o * row.size() + i] * row[i];
        }
      }
    }
    return y;
  }
};

class LayerTest : public testing::Test {
 protected:
  static constexpr int kDModel = 12;
  static constexpr int kMaxRows = 40;

  LayerTest() : activations_((SetTeamSize(2), kSizes)) {}

  std::vector<float> Random(size_t count) {
    std::normal_distribution<float> normal(0, 0.5f);
    std::vector<float> values(count);
    for (float& value : values) value = normal(random_);
    return values;
  }

  TestLinear RandomLinear(int in_features, int out_features) {
    TestLinear result;
    result.weight = Random(in_features * out_features);
    result.bias = Random(out_features);
    auto linear = kernels::Linear::Create(
        {.in_features = in_features, .out_features = out_features},
        result.weight, result.bias);
    EXPECT_TRUE(linear.ok()) << linear.status();
    result.linear = std::move(*linear);
    return result;
  }

  NormWeights RandomNorm() {
    NormWeights norm = {.scale = FloatBuffer(kDModel),
                        .shift = FloatBuffer(kDModel)};
    const std::vector<float> values = Random(2 * kDModel);
    for (int i = 0; i < kDModel; ++i) {
      norm.scale.data()[i] = 1 + values[i];
      norm.shift.data()[i] = values[kDModel + i];
    }
    return norm;
  }

  // Fills the first rows of activations.hidden().
  Matrix RandomHidden(int num_rows) {
    const std::vector<float> values = Random(num_rows * kDModel);
    std::copy(values.begin(), values.end(), activations_.hidden());
    return Hidden(num_rows);
  }

  Matrix Hidden(int num_rows) {
    Matrix rows;
    for (int r = 0; r < num_rows; ++r) {
      const float* row = activations_.hidden() + r * kDModel;
      rows.emplace_back(row, row + kDModel);
    }
    return rows;
  }

  static Matrix AddNorm(const NormWeights& norm, Matrix x,
                        const Matrix& delta) {
    for (size_t r = 0; r < x.size(); ++r) {
      double mean = 0, variance = 0;
      for (int i = 0; i < kDModel; ++i) mean += x[r][i] += delta[r][i];
      mean /= kDModel;
      for (const double v : x[r]) variance += (v - mean) * (v - mean);
      const double deviation = std::sqrt(variance / kDModel + norm.epsilon);
      for (int i = 0; i < kDModel; ++i) {
        x[r][i] = (x[r][i] - mean) / deviation * norm.scale.data()[i] +
                  norm.shift.data()[i];
      }
    }
    return x;
  }

  static void ExpectNear(const Matrix& actual, const Matrix& expected) {
    ASSERT_EQ(actual.size(), expected.size());
    for (size_t r = 0; r < actual.size(); ++r) {
      ASSERT_EQ(actual[r].size(), expected[r].size());
      for (size_t i = 0; i < actual[r].size(); ++i) {
        ASSERT_NEAR(actual[r][i], expected[r][i], 1e-5)
            << "row " << r << ", column " << i;
      }
    }
  }

  static constexpr ActivationSizes kSizes = {.max_rows = kMaxRows,
                                             .d_model = kDModel,
                                             .max_ffn_dim = 20,
                                             .num_heads = 4,
                                             .max_positions = kMaxRows};
  std::mt19937 random_{7};
  Activations activations_;
};

}  // namespace parley

#endif  // PARLEY_TESTS_ENGINE_LAYERS_LAYER_FIXTURE_H_
