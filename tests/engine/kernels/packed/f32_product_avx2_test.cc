// product_test has the rest.
#include "engine/kernels/onednn/isa.h"
#include "engine/kernels/packed/product_targets.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/packed/f32_row_bits.h"

namespace parley::kernels {
namespace {

TEST(F32ProductAvx2Test, ARowIsTheSameBitsInAnyCompany) {
  if (EffectiveIsa() < Isa::kAvx2) GTEST_SKIP() << "no AVX2 here";
  ExpectSameBitsInAnyCompany(&F32ProductAvx2, PackedType::kF32, 8);
}

// Few rows widen numbers in registers, more of them in the first block.
TEST(F32ProductAvx2Test, AnInt16RowIsTheSameBitsInAnyCompany) {
  if (EffectiveIsa() < Isa::kAvx2) GTEST_SKIP() << "no AVX2 here";
  ExpectSameBitsInAnyCompany(&Int16ProductAvx2, PackedType::kInt16, 14);
}

TEST(F32ProductAvx2Test, ABF16RowIsTheSameBitsInAnyCompany) {
  if (EffectiveIsa() < Isa::kAvx2) GTEST_SKIP() << "no AVX2 here";
  ExpectSameBitsInAnyCompany(&WidenedBF16ProductAvx2, PackedType::kBF16, 14);
}

}  // namespace
}  // namespace parley::kernels
