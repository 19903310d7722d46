#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "absl/types/span.h"
#include "engine/kernels/vector_ops.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "hwy/targets.h"
#include "tests/engine/kernels/every_target.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

constexpr Activation kAll[] = {Activation::kRelu, Activation::kSwish,
                               Activation::kGelu, Activation::kGeluTanh,
                               Activation::kTanh};

double Reference(Activation activation, double x) {
  switch (activation) {
    case Activation::kRelu:
      return x > 0 ? x : 0;
    case Activation::kSwish:
      return x / (1 + std::exp(-x));
    case Activation::kGelu:
      return x * 0.5 * std::erfc(-x / std::sqrt(2.0));
    case Activation::kGeluTanh: {
      const double u =
          std::sqrt(2 / std::acos(-1.0)) * (x + 0.044715 * x * x * x);
      // 1 + tanh(u), without its cancellation where u is far below zero.
      return x / (1 + std::exp(-2 * u));
    }
    case Activation::kTanh:
      return std::tanh(x);
  }
  return 0;
}

// With AVX-512: of the targets that OnEveryTarget has left, the best, whose bit
// is the lowest, is used.
bool LooksGeluUp() {
  const int64_t targets = hwy::SupportedTargets();
  return (targets & -targets) <= HWY_AVX3;
}

void ExpectActivated(Activation activation, absl::Span<const float> x,
                     absl::Span<const float> y) {
  constexpr double kMinNormal = std::numeric_limits<float>::min();
  constexpr double kStep = std::numeric_limits<float>::denorm_min();
  for (size_t i = 0; i < x.size(); ++i) {
    const double expected = Reference(activation, x[i]);
    const double magnitude = std::fabs(expected);
    double tolerance =
        magnitude >= kMinNormal ? 1e-6 * magnitude : 1e-6 * kMinNormal + kStep;
    if (activation == Activation::kGelu && LooksGeluUp()) {
      // What adding 1 to the error function in single precision is off by.
      tolerance += 6e-8 * std::min(std::fabs(double{x[i]}), 1.0);
    }
    ASSERT_NEAR(y[i], expected, tolerance)
        << "activation " << static_cast<int>(activation) << " of " << x[i];
  }
}

// From huge negative numbers through zero to huge positive ones, dense where
// something happens.
std::vector<float> Grid() {
  std::vector<float> grid = {0.0f, -0.0f};
  for (float x = -130.0f; x <= 130.0f; x += 0.00317f) grid.push_back(x);
  for (double x = 1e-44; x < 1e38; x *= 1.07) {
    grid.push_back(static_cast<float>(x));
    grid.push_back(static_cast<float>(-x));
  }
  return grid;
}

TEST(ActivateTest, MatchesDoublePrecisionEverywhere) {
  OnEveryTarget([] {
    const std::vector<float> grid = Grid();
    for (Activation activation : kAll) {
      std::vector<float> y = grid;
      Activate(activation, absl::MakeSpan(y));
      ExpectActivated(activation, grid, y);
    }
  });
}

TEST(ActivateTest, EveryLengthAndPlace) {
  OnEveryTarget([] {
    for (Activation activation : kAll) {
      for (size_t n : Lengths()) {
        for (size_t offset : kOffsets) {
          const std::vector<float> x = RandomFloats(n).Normal(n, 0.0f, 3.0f);
          MisalignedCopy y(x, offset);
          Activate(activation, y.span());
          ExpectActivated(activation, x, y.span());
        }
      }
    }
  });
}

TEST(ActivateTest, NanStaysAndInfinityDoesNotBecomeOne) {
  OnEveryTarget([] {
    for (Activation activation : kAll) {
      for (size_t n : {1, 16, 19}) {
        std::vector<float> x(n, std::nanf(""));
        Activate(activation, absl::MakeSpan(x));
        EXPECT_THAT(x, testing::Each(testing::IsNan()));
        std::vector<float> y(n, std::numeric_limits<float>::infinity());
        Activate(activation, absl::MakeSpan(y));
        // Highway's scalar target narrows an infinite double to the greatest
        // float.
        EXPECT_GE(y[n - 1], activation == Activation::kTanh
                                ? 1.0f
                                : std::numeric_limits<float>::max());
      }
    }
  });
}

TEST(ActivateTest, EmptyRow) {
  OnEveryTarget([] {
    for (Activation activation : kAll) Activate(activation, {});
  });
}

}  // namespace
}  // namespace parley::kernels
