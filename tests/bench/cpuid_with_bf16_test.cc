// What a program is told by a library that is preloaded into it: this one is
// started again with it.
#include <cpuid.h>

#include <cstdio>
#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

struct Features {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Features FeaturesOf(unsigned leaf, unsigned subleaf) {
  Features found;
  __get_cpuid_count(leaf, subleaf, &found.a, &found.b, &found.c, &found.d);
  return found;
}

// In the program that is started again.
TEST(CpuidWithBF16Test, DISABLED_Tell) {
  const Features basic = FeaturesOf(7, 0);
  std::printf("bf16=%u avx512f=%u\n", FeaturesOf(7, 1).a >> 5 & 1,
              basic.b >> 16 & 1);
}

std::string OutputWith(const std::string& preloaded) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const std::string command =
      "LD_PRELOAD='" + preloaded + "' '" + self +
      "' --gtest_also_run_disabled_tests --gtest_filter=*DISABLED_Tell 2>&1";
  std::string output;
  FILE* const pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return output;
  char part[256];
  while (fgets(part, sizeof(part), pipe) != nullptr) output += part;
  pclose(pipe);
  return output;
}

TEST(CpuidWithBF16Test, ShowsItToProgramsWhereTheProcessorHasIt) {
  const std::string output = OutputWith(CPUID_WITH_BF16);
  if (output.find("cpuid_with_bf16: this processor") != std::string::npos) {
    GTEST_SKIP() << output;
  }
  EXPECT_THAT(output, HasSubstr("bf16=1 avx512f=1"));
}

}  // namespace
}  // namespace parley
