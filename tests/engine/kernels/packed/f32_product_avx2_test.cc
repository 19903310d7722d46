// That rows do not depend on their company; product_test has the rest.
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/kernels/onednn/isa.h"
#include "engine/kernels/packed/product_targets.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/packed/product_case.h"

namespace parley::kernels {
namespace {

TEST(F32ProductAvx2Test, ARowIsTheSameBitsInAnyCompany) {
  if (EffectiveIsa() < Isa::kAvx2) GTEST_SKIP() << "no AVX2 here";
  constexpr int64_t kRows = 25;
  for (const int64_t out : {1, 16, 24, 40, 130}) {
    const ProductCase test(
        {.in_features = 300, .out_features = out, .type = PackedType::kF32},
        kRows, 0);
    const std::vector<float> all = test.Run(&F32ProductAvx2);
    test.ExpectRight(all);
    PackedProduct product =
        test.Product(0, test.shape().num_panels(), nullptr, out);
    for (int64_t count = 1; count <= 8; ++count) {
      for (int64_t first = 0; first + count <= kRows; ++first) {
        std::vector<float> some(count * out);
        PackedProduct part = product;
        part.rows += first * test.shape().row_bytes();
        part.num_rows = count;
        part.y = some.data();
        F32ProductAvx2(part);
        ASSERT_EQ(std::memcmp(some.data(), all.data() + first * out,
                              some.size() * sizeof(float)),
                  0)
            << count << " rows from " << first;
      }
    }
  }
}

}  // namespace
}  // namespace parley::kernels
