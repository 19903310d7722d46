#include "bench/load/arrivals.h"

#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace parley::load {
namespace {

std::vector<double> DrawSeconds(double rate, uint64_t seed, int count) {
  PoissonArrivals arrivals(rate, seed);
  std::vector<double> seconds(count);
  for (double& time : seconds) time = absl::ToDoubleSeconds(arrivals.Next());
  return seconds;
}

TEST(PoissonArrivalsTest, ComeAtTheirRate) {
  constexpr int kCount = 100000;
  const std::vector<double> times = DrawSeconds(50, 1, kCount);
  // The spread of the sum of n gaps is sqrt(n) gaps: far within 2 %.
  EXPECT_NEAR(times.back(), kCount / 50.0, 0.02 * kCount / 50.0);
}

TEST(PoissonArrivalsTest, NeverGoBack) {
  const std::vector<double> times = DrawSeconds(1000, 2, 10000);
  double last = 0;
  for (const double time : times) {
    EXPECT_GE(time, last);
    last = time;
  }
}

TEST(PoissonArrivalsTest, GapsAreExponential) {
  constexpr int kCount = 100000;
  const std::vector<double> times = DrawSeconds(1, 3, kCount);
  int num_above_mean = 0;
  double sum_of_squares = 0;
  double last = 0;
  for (const double time : times) {
    const double gap = time - last;
    last = time;
    num_above_mean += gap > 1;
    sum_of_squares += gap * gap;
  }
  EXPECT_NEAR(num_above_mean, kCount * 0.3679, kCount * 0.01);  // 1 / e
  EXPECT_NEAR(sum_of_squares / kCount, 2, 0.1);
}

TEST(PoissonArrivalsTest, TheSameSeedGivesTheSamePatternAtAnyRate) {
  const std::vector<double> slow = DrawSeconds(10, 4, 100);
  const std::vector<double> fast = DrawSeconds(40, 4, 100);
  for (size_t i = 0; i < slow.size(); ++i) {
    EXPECT_NEAR(slow[i], 4 * fast[i], 1e-6);
  }
  EXPECT_NE(DrawSeconds(10, 5, 100), slow);
}

}  // namespace
}  // namespace parley::load
