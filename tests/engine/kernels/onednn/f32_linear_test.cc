#include "engine/kernels/onednn/f32_linear.h"

#include <omp.h>

#include <vector>

#include "gtest/gtest.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

TEST(F32LinearTest, TheLifetimeOfAWeightDoesNotMatter) {
  const std::vector<float> weight = RandomFloats(1).Normal(300 * 200);
  const std::vector<float> x = RandomFloats(2).Normal(RoundUpRows(5) * 300);
  std::vector<std::vector<float>> results;
  for (const WeightLifetime lifetime :
       {WeightLifetime::kModel, WeightLifetime::kTask}) {
    const auto linear =
        CreateF32Linear({300, 200, Precision::kF32}, weight, {}, lifetime);
    ASSERT_TRUE(linear.ok()) << linear.status();
    std::vector<float> y(RoundUpRows(5) * 200);
    (*linear)->Run(x.data(), 5, y.data());
    y.resize(5 * 200);
    results.push_back(y);
  }
  EXPECT_EQ(results[0], results[1]);
}

TEST(OneThreadTest, HoldsForAsLongAsItLives) {
  omp_set_num_threads(3);
  {
    const OneThread one_thread;
    EXPECT_EQ(omp_get_max_threads(), 1);
  }
  EXPECT_EQ(omp_get_max_threads(), 3);
}

}  // namespace
}  // namespace parley::kernels
