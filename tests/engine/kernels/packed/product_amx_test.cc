// What AMX and AVX-512 owe each other; product_test has the rest.
#include <cstdint>

#include "engine/kernels/onednn/isa.h"
#include "engine/kernels/packed/product_targets.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/packed/product_case.h"

namespace parley::kernels {
namespace {

// Few rows go through AVX-512, more through AMX; nobody may notice.
TEST(ProductAmxTest, GivesTheBitsOfAvx512InInt8) {
  if (EffectiveIsa() < Isa::kAmx) GTEST_SKIP() << "no AMX here";
  for (const int64_t num_rows : {1, 11, 12, 16, 17, 32, 33, 65}) {
    for (const int64_t out : {16, 33, 64, 130}) {
      const ProductCase test({.in_features = 300, .out_features = out},
                             num_rows, {RowFormat::Number::kUint8, 255});
      EXPECT_EQ(test.Run(&Int8ProductAmx), test.Run(&Int8ProductAvx512Vnni))
          << num_rows << " rows, " << out << " outputs";
    }
  }
}

// Their sums differ in the last bits, and in no more.
TEST(ProductAmxTest, BF16IsCloseToThatOfAvx512) {
  if (EffectiveIsa() < Isa::kAmx) GTEST_SKIP() << "no AMX here";
  const ProductCase test({300, 70, PackedType::kBF16}, 20,
                         {RowFormat::Number::kBF16});
  test.ExpectRight(test.Run(&BF16ProductAmx));
  test.ExpectRight(test.Run(&BF16ProductAvx512));
}

}  // namespace
}  // namespace parley::kernels
