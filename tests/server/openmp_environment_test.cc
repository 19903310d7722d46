#include "server/openmp_environment.h"

#include <cstdlib>
#include <string>

#include "gtest/gtest.h"

namespace parley {
namespace {

constexpr char kInnerTest[] = "--gtest_filter=*DISABLED_StartedAnew";

// Run by the tests below in the process that was started anew.
TEST(OpenMpEnvironmentTest, DISABLED_StartedAnew) {
  const char* spin_count = std::getenv("GOMP_SPINCOUNT");
  ASSERT_NE(spin_count, nullptr);
  EXPECT_STREQ(spin_count, kSpinCount);
}

void Restart() {
  std::string name = "test";
  std::string filter = kInnerTest;
  std::string disabled = "--gtest_also_run_disabled_tests";
  char* argv[] = {name.data(), filter.data(), disabled.data(), nullptr};
  RestartWithOpenMpSettings(argv);
}

TEST(OpenMpEnvironmentDeathTest, StartsAnewWithTheSetting) {
  EXPECT_EXIT(
      {
        unsetenv("GOMP_SPINCOUNT");
        unsetenv("OMP_WAIT_POLICY");
        Restart();
        std::exit(3);  // Not reached.
      },
      testing::ExitedWithCode(0), "");
}

TEST(OpenMpEnvironmentDeathTest, RespectsWhatIsSet) {
  for (const char* variable : {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"}) {
    EXPECT_EXIT(
        {
          unsetenv("GOMP_SPINCOUNT");
          unsetenv("OMP_WAIT_POLICY");
          setenv(variable, "5", 1);
          Restart();
          std::exit(3);
        },
        testing::ExitedWithCode(3), "");
  }
}

}  // namespace
}  // namespace parley
