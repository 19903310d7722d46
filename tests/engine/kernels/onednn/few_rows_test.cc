#include "engine/kernels/onednn/few_rows.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/kernels/onednn/isa.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {
namespace {

using dnnl::memory;

// What oneDNN makes of a layout that f32_linear_test finds it to use itself.
TEST(FewRowsTest, KnowsOneLayoutOnly) {
  const auto is_for = [](memory::format_tag tag, memory::data_type type) {
    return IsForFewRows(memory::desc({128, 192}, type, tag));
  };
  EXPECT_EQ(is_for(memory::format_tag::BA16a64b, memory::data_type::f32),
            EffectiveIsa() >= Isa::kAvx512);
  EXPECT_FALSE(is_for(memory::format_tag::ab, memory::data_type::f32));
  EXPECT_FALSE(is_for(memory::format_tag::BA16a32b, memory::data_type::f32));
  EXPECT_FALSE(is_for(memory::format_tag::BA16a64b, memory::data_type::bf16));
}

TEST(FewRowsTest, MatchesDoublePrecision) {
  if (EffectiveIsa() < Isa::kAvx512) GTEST_SKIP() << "no AVX-512 here";
  for (const auto& [in, out] :
       {std::pair{1, 1}, {33, 17}, {64, 200}, {512, 64}, {1500, 130}}) {
    const int64_t padded_in = (in + 15) / 16 * 16;
    const int64_t num_panels = (out + 63) / 64;
    const std::vector<float> weight = RandomFloats(1).Normal(in * out);
    const std::vector<float> bias = RandomFloats(2).Normal(out);
    std::vector<float> packed(num_panels * padded_in * 64);
    for (int64_t o = 0; o < out; ++o) {
      for (int64_t i = 0; i < in; ++i) {
        packed[(o / 64 * padded_in + i) * 64 + o % 64] = weight[o * in + i];
      }
    }
    for (int64_t num_rows = 1; num_rows <= kMaxFewRows; ++num_rows) {
      const std::vector<float> x = RandomFloats(3).Normal(num_rows * in);
      for (const int64_t inputs_per_sum : {int64_t{in}, int64_t{512}}) {
        std::vector<float> y(num_rows * out, std::nanf(""));
        MultiplyFewRows({.packed = packed.data(),
                         .bias = bias.data(),
                         .in_features = in,
                         .padded_in = padded_in,
                         .out_features = out,
                         .inputs_per_sum = inputs_per_sum},
                        x.data(), num_rows, y.data());
        for (int64_t r = 0; r < num_rows; ++r) {
          for (int64_t o = 0; o < out; ++o) {
            double expected = bias[o], magnitude = std::fabs(bias[o]);
            for (int64_t i = 0; i < in; ++i) {
              const double product = double{x[r * in + i]} * weight[o * in + i];
              expected += product;
              magnitude += std::fabs(product);
            }
            ASSERT_NEAR(y[r * out + o], expected,
                        kEpsilon * (2 + std::sqrt(in)) * magnitude);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace parley::kernels
