#include "engine/kernels/onednn/isa.h"
#include "engine/kernels/packed/product_targets.h"
#include "gtest/gtest.h"
#include "tests/engine/kernels/packed/f32_row_bits.h"

// product_test has what holds for all kernels.
namespace parley::kernels {
namespace {

TEST(ProductAvx512Test, AnF32RowIsTheSameBitsInAnyCompany) {
  if (EffectiveIsa() < Isa::kAvx512) GTEST_SKIP() << "no AVX-512 here";
  ExpectSameBitsInAnyCompany(&F32ProductAvx512, PackedType::kF32, 30);
}

// Few rows widen numbers in registers, more of them before.
TEST(ProductAvx512Test, AnInt16RowIsTheSameBitsInAnyCompany) {
  if (EffectiveIsa() < Isa::kAvx512) GTEST_SKIP() << "no AVX-512 here";
  ExpectSameBitsInAnyCompany(&Int16ProductAvx512, PackedType::kInt16, 30);
}

TEST(ProductAvx512Test, AWidenedBF16RowIsTheSameBitsInAnyCompany) {
  if (EffectiveIsa() < Isa::kAvx512) GTEST_SKIP() << "no AVX-512 here";
  ExpectSameBitsInAnyCompany(&WidenedBF16ProductAvx512, PackedType::kBF16, 30);
}

}  // namespace
}  // namespace parley::kernels
