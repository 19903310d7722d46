#include "engine/kernels/packed/row_rotation.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <vector>

#include "absl/types/span.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/every_target.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

using ::testing::Each;

// Widths of models, and others: odd ones, and those with few factors of two.
const size_t kWidths[] = {0,  1,  7,  8,   12,  16,  24,  32,   40,   48,
                          64, 70, 96, 256, 384, 512, 768, 1536, 2048, 3072};

std::vector<float> Rotated(const std::vector<float>& x) {
  std::vector<float> y(x.size());
  RotateRow(x, absl::MakeSpan(y));
  return y;
}

// As docs/model_format.md has it, in double precision.
std::vector<double> RotatedByThePage(const std::vector<float>& x) {
  const size_t n = x.size();
  std::vector<size_t> strides;
  for (size_t s = 16; n > 0 && n % (2 * s) == 0; s *= 2) strides.push_back(s);
  for (const size_t s : {8, 4, 2, 1}) {
    if (n % (2 * s) == 0) strides.push_back(s);
  }
  strides.resize(std::min<size_t>(strides.size(), n == 0 ? 0 : 5));
  std::vector<double> y(x.begin(), x.end());
  for (const size_t stride : strides) {
    for (size_t i = 0; i < n; ++i) {
      if (i / stride % 2 != 0) continue;
      const double a = y[i], b = y[i + stride];
      y[i] = a + b;
      y[i + stride] = a - b;
    }
  }
  return y;
}

TEST(RotateRowTest, IsWhatThePageSays) {
  OnEveryTarget([] {
    RandomFloats random(1);
    for (const size_t n : kWidths) {
      MisalignedCopy x(random.Normal(n), n % 5);
      const std::vector<float> before(x.span().begin(), x.span().end());
      RotateRow(x.span(), x.span());
      const std::vector<double> expected = RotatedByThePage(before);
      for (size_t i = 0; i < n; ++i) {
        ASSERT_NEAR(x.span()[i], expected[i], 1e-5) << i << " of " << n;
      }
    }
  });
}

TEST(RotateRowTest, AndBackIsTheRow) {
  for (const size_t n : kWidths) {
    const std::vector<float> x = RandomFloats(2).Normal(n);
    std::vector<float> y = Rotated(x);
    RotateRowBack(absl::MakeSpan(y));
    for (size_t i = 0; i < n; ++i) {
      ASSERT_NEAR(y[i], x[i], 2e-6) << i << " of " << n;
    }
  }
}

// What makes it of use: products stay what they were.
TEST(RotateRowTest, ProductsStayTheSame) {
  for (const size_t n : kWidths) {
    RandomFloats random(4);
    const std::vector<float> x = random.Normal(n), w = random.Normal(n);
    const std::vector<float> rotated = Rotated(x);
    std::vector<float> back = w;
    RotateRowBack(absl::MakeSpan(back));
    EXPECT_NEAR(
        std::inner_product(rotated.begin(), rotated.end(), back.begin(), 0.0),
        std::inner_product(x.begin(), x.end(), w.begin(), 0.0), 1e-4)
        << n;
  }
}

TEST(RotateRowTest, EveryTargetGivesTheSameBits) {
  for (const size_t n : kWidths) {
    const std::vector<float> x = RandomFloats(3).Normal(n);
    std::vector<std::vector<float>> all;
    OnEveryTarget([&] { all.push_back(Rotated(x)); });
    EXPECT_THAT(all, Each(all[0])) << n;
  }
}

TEST(RotateRowTest, SpreadsWhatStandsOut) {
  for (const size_t n : {32, 384, 512, 1536}) {
    std::vector<float> x(n, 0.0f);
    x[n / 3] = 32.0f;
    const std::vector<float> y = Rotated(x);
    EXPECT_EQ(std::count(y.begin(), y.end(), 32.0f) +
                  std::count(y.begin(), y.end(), -32.0f),
              32)
        << n;
  }
}

TEST(RotateRowTest, WhatIsNotFiniteStaysSo) {
  std::vector<float> x(64, 1.0f);
  x[9] = std::nanf("");
  const std::vector<float> y = Rotated(x);
  EXPECT_TRUE(std::any_of(y.begin(), y.end(),
                          [](float number) { return std::isnan(number); }));
}

}  // namespace
}  // namespace parley::kernels
