#include <cmath>
#include <cstddef>
#include <limits>
#include <vector>

#include "engine/kernels/vector_ops.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/every_target.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

TEST(DotProductTest, AgreesWithDoublePrecision) {
  OnEveryTarget([] {
    RandomFloats random(1);
    for (size_t n = 0; n < 300; n += n < 70 ? 1 : 37) {
      const std::vector<float> x = random.Normal(n);
      const std::vector<float> y = random.Normal(n);
      double expected = 0, magnitude = 0;
      for (size_t i = 0; i < n; ++i) {
        expected += double{x[i]} * y[i];
        magnitude += std::abs(double{x[i]} * y[i]);
      }
      EXPECT_NEAR(DotProduct(x, y), expected, 4 * kEpsilon * magnitude) << n;
    }
  });
}

TEST(SumOfMagnitudesTest, AgreesWithDoublePrecision) {
  OnEveryTarget([] {
    RandomFloats random(2);
    for (size_t n = 0; n < 300; n += n < 70 ? 1 : 37) {
      const std::vector<float> x = random.Normal(n);
      double expected = 0;
      for (const float number : x) expected += std::abs(double{number});
      EXPECT_NEAR(SumOfMagnitudes(x), expected, 4 * kEpsilon * expected) << n;
    }
  });
}

}  // namespace
}  // namespace parley::kernels
