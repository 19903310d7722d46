#include "engine/kernels/onednn/f32_linear.h"

#include <omp.h>

#include <vector>

#include "engine/kernels/onednn/isa.h"
#include "engine/kernels/onednn/prepared_matmul.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

// linear_test compares what it computes; here is how it gets there.
TEST(F32LinearTest, FewRowsAgreeWithOneDnnInTheShapesOfModels) {
  if (EffectiveIsa() < Isa::kAvx512) GTEST_SKIP() << "no AVX-512 here";
  for (const MatmulShape& shape :
       {MatmulShape{512, 1536, true}, MatmulShape{2048, 512, true},
        MatmulShape{384, 1536, true}, MatmulShape{33, 17, false}}) {
    const auto prepared = PreparedMatmul::Get(shape);
    ASSERT_TRUE(prepared.ok());
    EXPECT_TRUE((*prepared)->few_rows_sum().has_value())
        << shape.in_features << " by " << shape.out_features;
  }
}

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
