#include "engine/layers/thread_team.h"

#include <omp.h>
#include <sched.h>

#include <algorithm>
#include <set>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(ThreadTeamTest, SizeIsWhatWasSet) {
  SetTeamSize(3);
  EXPECT_EQ(TeamSize(), 3);
  SetTeamSize(2);
  EXPECT_EQ(TeamSize(), 2);
}

TEST(ThreadTeamTest, PinnedThreadsHaveACpuEach) {
  // On a thread of its own, which keeps its CPU for as long as it lives.
  std::thread([] {
    cpu_set_t before;
    ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
    const int num_cpus = CPU_COUNT(&before);
    SetTeamSize(std::min(2, num_cpus));
    PinTeam(0);
    std::vector<int> cpus(TeamSize(), -1);
#pragma omp parallel
    {
      cpu_set_t own;
      sched_getaffinity(0, sizeof(own), &own);
      if (CPU_COUNT(&own) == 1) cpus[omp_get_thread_num()] = sched_getcpu();
    }
    EXPECT_THAT(cpus, testing::Each(testing::Ge(0)));
    EXPECT_EQ(std::set<int>(cpus.begin(), cpus.end()).size(), cpus.size());
  }).join();
}

TEST(ThreadTeamTest, TeamsMayBePinnedBesideEachOther) {
  const auto cpu_of = [](int first_cpu) {
    int cpu = -1;
    std::thread([&] {
      SetTeamSize(1);
      PinTeam(first_cpu);
      cpu_set_t own;
      ASSERT_EQ(sched_getaffinity(0, sizeof(own), &own), 0);
      ASSERT_EQ(CPU_COUNT(&own), 1);
      cpu = sched_getcpu();
    }).join();
    return cpu;
  };
  cpu_set_t all;
  ASSERT_EQ(sched_getaffinity(0, sizeof(all), &all), 0);
  if (CPU_COUNT(&all) < 2) GTEST_SKIP() << "there is one CPU";
  EXPECT_NE(cpu_of(0), cpu_of(1));
}

TEST(ThreadTeamTest, MoreThreadsThanCpusStayUnpinned) {
  std::thread([] {
    cpu_set_t before, after;
    ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
    SetTeamSize(CPU_COUNT(&before) + 1);
    PinTeam(0);
    SetTeamSize(1);
    PinTeam(CPU_COUNT(&before));
    ASSERT_EQ(sched_getaffinity(0, sizeof(after), &after), 0);
    EXPECT_TRUE(CPU_EQUAL(&before, &after));
  }).join();
}

}  // namespace
}  // namespace parley
