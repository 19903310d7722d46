#include "server/cpu_count.h"

#include <sched.h>

#include <filesystem>

#include "gtest/gtest.h"
#include "tests/temp_folder.h"

namespace parley {
namespace {

// Files of /proc and /sys as a machine would show them.
class CgroupCpuQuotaTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text) {
    std::filesystem::create_directories(
        std::filesystem::path(folder_.path() + path).parent_path());
    folder_.Write(path, text);
  }

  std::optional<double> Quota() const { return CgroupCpuQuota(folder_.path()); }

  const TempFolder folder_;
};

constexpr char kV2Mount[] =
    "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 "
    "rw,nsdelegate\n";

TEST_F(CgroupCpuQuotaTest, NothingToRead) { EXPECT_EQ(Quota(), std::nullopt); }

TEST_F(CgroupCpuQuotaTest, Version2InAContainer) {
  Write("/proc/self/cgroup", "0::/\n");
  Write("/proc/self/mountinfo", kV2Mount);
  Write("/sys/fs/cgroup/cpu.max", "150000 100000\n");
  EXPECT_EQ(Quota(), 1.5);
  Write("/sys/fs/cgroup/cpu.max", "max 100000\n");
  EXPECT_EQ(Quota(), std::nullopt);
  Write("/sys/fs/cgroup/cpu.max", "garbage\n");
  EXPECT_EQ(Quota(), std::nullopt);
  Write("/sys/fs/cgroup/cpu.max", "100000 0\n");
  EXPECT_EQ(Quota(), std::nullopt);
}

TEST_F(CgroupCpuQuotaTest, Version2TakesTheSmallestUpTheTree) {
  Write("/proc/self/cgroup", "0::/pods/one/main\n");
  Write("/proc/self/mountinfo", kV2Mount);
  Write("/sys/fs/cgroup/pods/one/main/cpu.max", "400000 100000\n");
  Write("/sys/fs/cgroup/pods/one/cpu.max", "max 100000\n");
  Write("/sys/fs/cgroup/pods/cpu.max", "300000 100000\n");
  EXPECT_EQ(Quota(), 3.0);
}

TEST_F(CgroupCpuQuotaTest, Version1) {
  Write("/proc/self/cgroup", "5:memory:/a\n4:cpu,cpuacct:/a/b\n0::/\n");
  Write("/proc/self/mountinfo",
        "31 25 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "32 25 0:28 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup "
        "rw,cpu,cpuacct\n");
  const std::string folder = "/sys/fs/cgroup/cpu,cpuacct/a/b/";
  Write(folder + "cpu.cfs_quota_us", "-1\n");
  Write(folder + "cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Quota(), std::nullopt);
  Write(folder + "cpu.cfs_quota_us", "250000\n");
  EXPECT_EQ(Quota(), 2.5);
}

TEST_F(CgroupCpuQuotaTest, Version1WithOnlyTheContainersPartMounted) {
  Write("/proc/self/cgroup", "4:cpu,cpuacct:/docker/abc\n");
  Write("/proc/self/mountinfo",
        "32 25 0:28 /docker/abc /sys/fs/cgroup/cpu ro master:9 - cgroup "
        "cgroup rw,cpu,cpuacct\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "50000\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Quota(), 0.5);
}

TEST_F(CgroupCpuQuotaTest, OtherHierarchiesDoNotCount) {
  Write("/proc/self/cgroup", "4:cpuacct:/\n");
  Write("/proc/self/mountinfo",
        "32 25 0:28 / /sys/fs/cgroup/cpuacct rw - cgroup cgroup rw,cpuacct\n"
        "a line that is none\n33 25\n");
  Write("/sys/fs/cgroup/cpuacct/cpu.cfs_quota_us", "50000\n");
  Write("/sys/fs/cgroup/cpuacct/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Quota(), std::nullopt);
}

TEST(UsableCpuCountTest, FollowsTheAffinityMask) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  EXPECT_GE(UsableCpuCount(), 1);
  EXPECT_LE(UsableCpuCount(), CPU_COUNT(&before));
  cpu_set_t one;
  CPU_ZERO(&one);
  for (int cpu = 0; cpu < CPU_SETSIZE && CPU_COUNT(&one) == 0; ++cpu) {
    if (CPU_ISSET(cpu, &before)) CPU_SET(cpu, &one);
  }
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(UsableCpuCount(), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof(before), &before), 0);
}

}  // namespace
}  // namespace parley
