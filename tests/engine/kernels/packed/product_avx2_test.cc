// What the kernels of one file owe each other; product_test has the rest.
#include <cstdint>
#include <vector>

#include "engine/kernels/onednn/isa.h"
#include "engine/kernels/packed/product_targets.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/packed/product_case.h"

namespace parley::kernels {
namespace {

// Above 127 the plain kernel would saturate; up to it both are exact.
TEST(ProductAvx2Test, VnniMakesNoDifferenceUpTo127) {
  if (EffectiveIsa() < Isa::kAvx2) GTEST_SKIP() << "no AVX2 here";
  for (const int64_t num_rows : {1, 2, 3, 4, 5, 7, 20}) {
    for (const int64_t out : {1, 16, 24, 40, 130}) {
      const ProductCase test({.in_features = 300, .out_features = out},
                             num_rows, {RowFormat::Number::kUint8, 127});
      const std::vector<float> y = test.Run(&Int8ProductAvx2);
      test.ExpectRight(y);
      EXPECT_EQ(y, test.Run(&Int8ProductPortable));
      if (HasAvxVnni()) {
        EXPECT_EQ(y, test.Run(&Int8ProductAvx2Vnni));
      }
    }
  }
}

}  // namespace
}  // namespace parley::kernels
