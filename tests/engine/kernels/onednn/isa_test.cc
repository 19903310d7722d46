#include "engine/kernels/onednn/isa.h"

#include <cstdlib>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "hwy/targets.h"

namespace parley::kernels {
namespace {

TEST(IsaTest, KeepsToTheBoundInTheEnvironment) {
  const char* bound = std::getenv("ONEDNN_MAX_CPU_ISA");
  if (bound == nullptr) {
    EXPECT_EQ(EffectiveIsa() >= Isa::kAvx512,
              __builtin_cpu_supports("avx512bw") != 0);
  } else if (std::string(bound) == "AVX2") {
    EXPECT_LE(EffectiveIsa(), Isa::kAvx2);
    EXPECT_FALSE(HasAvxVnni());
  } else {
    EXPECT_LE(EffectiveIsa(), Isa::kSse41);
  }
}

TEST(IsaTest, OtherKernelsKeepToIt) {
  LimitKernelsToIsa();
  const auto targets = hwy::SupportedTargets();
  if (EffectiveIsa() < Isa::kAvx512) {
    EXPECT_EQ(targets & HWY_AVX3, 0);
  }
  if (EffectiveIsa() < Isa::kAvx2) {
    EXPECT_EQ(targets & HWY_AVX2, 0);
  }
  EXPECT_NE(targets, 0);
}

TEST(IsaTest, HasAName) {
  EXPECT_THAT(IsaName(), testing::MatchesRegex("(SSE|AVX).*"));
}

TEST(DescribeBackendTest, NamesVersionAndInstructionSet) {
  EXPECT_THAT(DescribeBackend(),
              testing::MatchesRegex("oneDNN [0-9]+\\.[0-9]+\\.[0-9]+, .+"));
}

}  // namespace
}  // namespace parley::kernels
