#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "absl/types/span.h"
#include "engine/kernels/vector_ops.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/every_target.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

using ::testing::Each;
using ::testing::FloatEq;
using ::testing::Pointwise;

struct Row {
  std::vector<float> x, scale, shift;
  float epsilon = 1e-5f;
  LayerNormWeights weights() const { return {scale, shift, epsilon}; }
};

Row RandomRow(size_t n, float mean, unsigned seed) {
  RandomFloats random(seed);
  return {random.Normal(n, mean, 2.0f), random.Normal(n, 1.0f, 0.3f),
          random.Normal(n)};
}

// What double precision gives for `row`, and how far from it single precision
// may be.
void ExpectNormalized(const Row& row, absl::Span<const float> y) {
  const double n = row.x.size();
  double mean = 0, variance = 0, magnitude = 0;
  for (float v : row.x) mean += v / n;
  for (float v : row.x) {
    variance += (v - mean) * (v - mean) / n;
    magnitude = std::max(magnitude, std::fabs(double{v}));
  }
  const double deviation = std::sqrt(variance + row.epsilon);
  for (size_t i = 0; i < row.x.size(); ++i) {
    const double normal = (row.x[i] - mean) / deviation;
    const double expected = normal * row.scale[i] + row.shift[i];
    const double tolerance =
        kEpsilon * ((8 + std::sqrt(n)) * (magnitude / deviation) *
                        (1 + std::fabs(normal)) * std::fabs(row.scale[i]) +
                    std::fabs(row.shift[i]) + std::fabs(expected));
    ASSERT_NEAR(y[i], expected, tolerance) << i << " of " << row.x.size();
  }
}

TEST(LayerNormTest, MatchesDoublePrecision) {
  OnEveryTarget([] {
    for (size_t n : Lengths()) {
      for (size_t offset : kOffsets) {
        const Row row = RandomRow(n, 0.5f, n);
        MisalignedCopy x(row.x, offset);
        std::vector<float> y(n);
        LayerNorm(x.span(), row.weights(), absl::MakeSpan(y));
        ExpectNormalized(row, y);
        LayerNorm(x.span(), row.weights(), x.span());
        EXPECT_EQ(x.span(), absl::MakeSpan(y)) << "in place";
      }
    }
  });
}

TEST(LayerNormTest, LargeMeanCostsNoMoreThanItsOwnRounding) {
  OnEveryTarget([] {
    const Row row = RandomRow(512, 1000.0f, 1);
    std::vector<float> y(512);
    LayerNorm(row.x, row.weights(), absl::MakeSpan(y));
    ExpectNormalized(row, y);
  });
}

TEST(LayerNormTest, ConstantRowGivesTheShift) {
  OnEveryTarget([] {
    Row row = RandomRow(48, 0.0f, 1);
    std::fill(row.x.begin(), row.x.end(), 2.0f);
    std::vector<float> y(48);
    LayerNorm(row.x, row.weights(), absl::MakeSpan(y));
    EXPECT_THAT(y, Pointwise(FloatEq(), row.shift));
  });
}

TEST(LayerNormTest, NanSpreadsOverTheRow) {
  OnEveryTarget([] {
    for (size_t n : {3, 40}) {
      Row row = RandomRow(n, 0.0f, 1);
      row.x[n - 1] = std::nanf("");
      std::vector<float> y(n);
      LayerNorm(row.x, row.weights(), absl::MakeSpan(y));
      EXPECT_THAT(y, Each(testing::IsNan()));
    }
  });
}

TEST(LayerNormTest, EmptyRow) {
  OnEveryTarget([] { LayerNorm({}, {}, {}); });
}

TEST(AddLayerNormTest, IsTheSumNormalized) {
  OnEveryTarget([] {
    for (size_t n : Lengths()) {
      for (size_t offset : kOffsets) {
        Row row = RandomRow(n, -0.5f, n);
        const std::vector<float> delta = RandomFloats(n + 1).Normal(n);
        MisalignedCopy x(row.x, offset);
        AddLayerNorm(MisalignedCopy(delta, offset + 1).span(), row.weights(),
                     x.span());
        for (size_t i = 0; i < n; ++i) row.x[i] += delta[i];
        ExpectNormalized(row, x.span());
      }
    }
  });
}

TEST(ScaleAddTest, MatchesDoublePrecision) {
  OnEveryTarget([] {
    for (size_t n : Lengths()) {
      for (size_t offset : kOffsets) {
        RandomFloats random(n);
        const std::vector<float> x = random.Normal(n);
        const std::vector<float> shift = random.Normal(n);
        const float factor = std::sqrt(512.0f);
        MisalignedCopy y(std::vector<float>(n), offset);
        ScaleAdd(MisalignedCopy(x, offset + 2).span(), factor, shift, y.span());
        for (size_t i = 0; i < n; ++i) {
          const double product = double{x[i]} * factor;
          ASSERT_NEAR(y.span()[i], product + shift[i],
                      kEpsilon * (std::fabs(product) + std::fabs(shift[i])));
        }
      }
    }
  });
}

TEST(ScaleAddTest, OutputMayBeEitherInput) {
  OnEveryTarget([] {
    const std::vector<float> x = RandomFloats(1).Normal(37);
    const std::vector<float> shift = RandomFloats(2).Normal(37);
    std::vector<float> y(37);
    ScaleAdd(x, 3.0f, shift, absl::MakeSpan(y));
    std::vector<float> over_x = x;
    ScaleAdd(over_x, 3.0f, shift, absl::MakeSpan(over_x));
    EXPECT_EQ(over_x, y);
    std::vector<float> over_shift = shift;
    ScaleAdd(x, 3.0f, over_shift, absl::MakeSpan(over_shift));
    EXPECT_EQ(over_shift, y);
  });
}

TEST(ScaleAddTest, EmptyRow) {
  OnEveryTarget([] { ScaleAdd({}, 2.0f, {}, {}); });
}

TEST(MultiplyTest, EveryLengthAndPlace) {
  OnEveryTarget([] {
    for (size_t n : Lengths()) {
      for (size_t offset : kOffsets) {
        const std::vector<float> x = RandomFloats(n).Normal(n);
        const std::vector<float> before = RandomFloats(n + 1).Normal(n);
        MisalignedCopy y(before, offset);
        Multiply(x, y.span());
        for (size_t i = 0; i < n; ++i) {
          ASSERT_EQ(y.span()[i], x[i] * before[i]);
        }
      }
    }
  });
}

}  // namespace
}  // namespace parley::kernels
