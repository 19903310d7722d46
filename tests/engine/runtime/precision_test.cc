#include "engine/runtime/precision.h"

#include "engine/kernels/onednn/isa.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using kernels::Precision;

TEST(PrecisionTest, EachTypeIsItsOwnPrecision) {
  EXPECT_EQ(*ResolvePrecision(ComputeType::kF32), Precision::kF32);
  EXPECT_EQ(*ResolvePrecision(ComputeType::kInt8), Precision::kInt8);
  for (const Precision precision :
       {Precision::kF32, Precision::kBF16, Precision::kInt8}) {
    if (!kernels::Supports(precision)) continue;
    EXPECT_EQ(*ResolvePrecision(ComputeTypeOf(precision)), precision);
  }
}

TEST(PrecisionTest, AutoIsInt8WhereTheProcessorHasInstructionsForIt) {
  const bool has_vnni = kernels::EffectiveIsa() >= kernels::Isa::kAvx512Vnni ||
                        kernels::HasAvxVnni();
  EXPECT_EQ(*ResolvePrecision(ComputeType::kAuto),
            has_vnni ? Precision::kInt8 : Precision::kF32);
}

TEST(PrecisionTest, RefusesBF16WithWhatTheProcessorHas) {
  if (kernels::Supports(Precision::kBF16)) GTEST_SKIP() << "it has bf16";
  const auto refused = ResolvePrecision(ComputeType::kBF16).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(refused.message(), testing::HasSubstr(kernels::IsaName()));
}

}  // namespace
}  // namespace parley
