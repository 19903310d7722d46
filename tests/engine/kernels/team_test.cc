#include "engine/kernels/team.h"

#include <omp.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::kernels {
namespace {

using testing::Each;
using testing::ElementsAre;

TEST(PartOfTest, PartsAreWholeUnitsAndCoverAll) {
  for (const int64_t count : {0, 1, 3, 4, 5, 17, 64, 100}) {
    for (const int64_t unit : {1, 4, 32}) {
      for (const int num_parts : {1, 2, 3, 7}) {
        int64_t next = 0;
        for (int i = 0; i < num_parts; ++i) {
          const Range part = PartOf(count, unit, i, num_parts);
          ASSERT_EQ(part.begin, next);
          ASSERT_GE(part.end, part.begin);
          ASSERT_TRUE(part.end % unit == 0 || part.end == count);
          next = part.end;
        }
        ASSERT_EQ(next, count);
      }
    }
  }
}

TEST(BarrierTest, WhatEachWroteBeforeIsSeenByAllAfter) {
  constexpr int kNumThreads = 3;
  constexpr int kNumMeetings = 2000;
  Barrier barrier(kNumThreads);
  std::array<int, kNumThreads> written = {};
  std::atomic<int> num_wrong = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kNumThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 1; i <= kNumMeetings; ++i) {
        written[t] = i;
        barrier.Meet();
        for (const int value : written) num_wrong += value != i;
        barrier.Meet();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(num_wrong, 0);
}

TEST(BarrierTest, ThreadsThatWaitLongAreWoken) {
  Barrier barrier(2);
  std::thread late([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    barrier.Meet();
  });
  barrier.Meet();
  late.join();
}

// Calls run(size) with the team on its own, and with the team kept together;
// size: that of the team, which may be less than asked for (OMP_THREAD_LIMIT).
void InBothWays(int team_size, const std::function<void(int size)>& run) {
  omp_set_num_threads(team_size);
  const int size = std::min(team_size, omp_get_thread_limit());
  {
    SCOPED_TRACE("on its own");
    run(size);
  }
  {
    SCOPED_TRACE("kept together");
    KeepTeamTogether([&] { run(size); });
  }
  omp_set_num_threads(2);
}

TEST(TeamTest, AJobIsDoneByEveryMemberOnce) {
  for (const int wanted : {1, 2, 5}) {
    InBothWays(wanted, [](int size) {
      for (int round = 0; round < 100; ++round) {
        std::vector<std::atomic<int>> calls(size);
        EXPECT_EQ(NumMembers(), size);
        RunOnTeam([&](const TeamMember& member) {
          EXPECT_EQ(member.team_size(), size);
          EXPECT_EQ(member.index(), TeamThread());
          EXPECT_EQ(NumMembers(), 1);  // Of a job within.
          ++calls[member.index()];
        });
        for (const std::atomic<int>& call : calls) ASSERT_EQ(call, 1);
      }
    });
  }
}

TEST(TeamTest, MembersMeet) {
  for (const int wanted : {1, 2, 5}) {
    InBothWays(wanted, [](int size) {
      std::vector<int> written(size);
      std::atomic<int> num_wrong = 0;
      RunOnTeam([&](const TeamMember& member) {
        for (int i = 1; i <= 50; ++i) {
          written[member.index()] = i;
          member.Meet();
          for (const int value : written) num_wrong += value != i;
          member.Meet();
        }
      });
      EXPECT_EQ(num_wrong, 0);
    });
  }
}

TEST(TeamTest, AJobAloneHasOneMember) {
  InBothWays(2, [](int size) {
    const std::thread::id here = std::this_thread::get_id();
    int num_calls = 0;
    RunAlone([&](const TeamMember& member) {
      EXPECT_EQ(member.index(), 0);
      EXPECT_EQ(member.team_size(), 1);
      member.Meet();
      EXPECT_EQ(std::this_thread::get_id(), here);
      ++num_calls;
    });
    EXPECT_EQ(num_calls, 1);
  });
}

TEST(TeamTest, AJobWithinAJobHasItsThreadAlone) {
  InBothWays(2, [](int size) {
    for (const auto run : {&RunOnTeam, &RunAlone}) {
      std::atomic<int> num_calls = 0;
      RunOnTeam([&](const TeamMember& outer) {
        const std::thread::id here = std::this_thread::get_id();
        run([&](const TeamMember& inner) {
          EXPECT_EQ(inner.team_size(), 1);
          EXPECT_EQ(std::this_thread::get_id(), here);
          ++num_calls;
        });
      });
      EXPECT_EQ(num_calls, size);
    }
  });
}

TEST(TeamTest, ATeamThatIsKeptWaitsForWhatIsBetweenJobs) {
  omp_set_num_threads(2);
  const std::thread::id here = std::this_thread::get_id();
  int num_jobs = 0;
  KeepTeamTogether([&] {
    EXPECT_EQ(std::this_thread::get_id(), here);
    for (const int milliseconds : {0, 50, 0}) {
      std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
      std::atomic<int> num_members = 0;
      RunOnTeam([&](const TeamMember& member) { ++num_members; });
      EXPECT_EQ(num_members, std::min(2, omp_get_thread_limit()));
      ++num_jobs;
    }
  });
  EXPECT_EQ(num_jobs, 3);
}

TEST(TeamTest, ALateMemberIsWaitedFor) {
  InBothWays(2, [](int size) {
    std::array<bool, 2> done = {};
    RunOnTeam([&](const TeamMember& member) {
      if (member.index() == 1) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
      }
      done[member.index()] = true;
    });
    EXPECT_EQ(std::count(done.begin(), done.end(), true), size);
  });
}

TEST(TeamTest, KeepingATeamThatIsKeptChangesNothing) {
  omp_set_num_threads(2);
  int num_members = 0;
  KeepTeamTogether([&] {
    KeepTeamTogether([&] {
      RunOnTeam([&](const TeamMember& member) {
        if (member.index() == 0) num_members = member.team_size();
      });
    });
  });
  EXPECT_EQ(num_members, std::min(2, omp_get_thread_limit()));
}

TEST(TeamTest, FewerThreadsThanAskedForDoTheWork) {
  omp_set_dynamic(1);  // As many as there are processors.
  omp_set_num_threads(1000);
  std::atomic<int> num_done = 0;
  KeepTeamTogether([&] { ForEachItem(2000, [&](int64_t i) { ++num_done; }); });
  EXPECT_EQ(num_done, 2000);
  omp_set_dynamic(0);
  omp_set_num_threads(2);
}

TEST(TeamTest, TeamsOfSeveralThreadsAreKeptBesideEachOther) {
  std::vector<std::thread> leaders;
  std::atomic<int> num_calls = 0;
  for (int i = 0; i < 3; ++i) {
    leaders.emplace_back([&] {
      omp_set_num_threads(2);
      for (int step = 0; step < 20; ++step) {
        KeepTeamTogether([&] {
          for (int job = 0; job < 10; ++job) {
            RunOnTeam([&](const TeamMember& member) { ++num_calls; });
          }
        });
      }
    });
  }
  for (std::thread& leader : leaders) leader.join();
  EXPECT_EQ(num_calls, 3 * 20 * 10 * std::min(2, omp_get_thread_limit()));
}

TEST(SharedChunksTest, EachChunkOnce) {
  InBothWays(2, [](int size) {
    for (const int64_t count : {0, 1, 2, 3, 7, 16, 100}) {
      for (const int64_t chunk : {1, 3, 8}) {
        std::vector<std::atomic<int>> calls(count);
        SharedChunks chunks(count, chunk);
        RunOnTeam([&](const TeamMember& member) {
          chunks.Take(member, [&](const Range& some) {
            ASSERT_LE(some.end - some.begin, chunk);
            for (int64_t i = some.begin; i < some.end; ++i) ++calls[i];
          });
        });
        for (const std::atomic<int>& call : calls) ASSERT_EQ(call, 1);
      }
    }
  });
}

TEST(SharedChunksTest, AnOnlyMemberTakesAll) {
  omp_set_num_threads(2);
  for (const int64_t count : {1, 2, 7, 100}) {
    std::vector<int> taken;
    SharedChunks chunks(count, 1);
    RunAlone([&](const TeamMember& member) {
      chunks.Take(member, [&](const Range& some) {
        taken.push_back(static_cast<int>(some.begin));
      });
    });
    EXPECT_EQ(static_cast<int64_t>(taken.size()), count);
    EXPECT_TRUE(std::is_sorted(taken.begin(), taken.end()));
  }
}

TEST(SharedChunksTest, OthersTakeOverWhatAThreadHasNotBegun) {
  InBothWays(2, [](int size) {
    if (size < 2) return;
    SharedChunks chunks(10, 1);
    std::array<std::atomic<int>, 2> num_taken = {};
    std::atomic<int> num_after = 0;
    RunOnTeam([&](const TeamMember& member) {
      std::atomic<int>& own = num_taken[member.index()];
      chunks.Take(member, [&](const Range& some) {
        const int before = ++own;
        if (some.begin > 0) return;
        // The first chunk ends when all others have been taken.
        while (num_taken[0] + num_taken[1] < 10) std::this_thread::yield();
        num_after = own - before;
      });
    });
    EXPECT_EQ(num_taken[0] + num_taken[1], 10);
    EXPECT_EQ(num_after, 0);
  });
}

TEST(LoopTest, EachIndexOnceOnAThreadOfTheTeam) {
  InBothWays(2, [](int size) {
    for (const int64_t count : {0, 1, 2, 7, 1000}) {
      std::vector<std::atomic<int>> calls(3 * count);
      const auto visit = [&](int64_t i) {
        ASSERT_GE(TeamThread(), 0);
        ASSERT_LT(TeamThread(), 2);
        ++calls[i];
      };
      ForEachRow(count, visit);
      ForEachItem(count, [&](int64_t i) { visit(count + i); });
      ForEachEqualItem(count, [&](int64_t i) { visit(2 * count + i); });
      for (const std::atomic<int>& call : calls) ASSERT_EQ(call, 1);
    }
  });
}

TEST(LoopTest, NeighboursOfEqualItemsAreOnOneThread) {
  InBothWays(2, [](int size) {
    std::vector<int> threads(6);
    ForEachEqualItem(6, [&](int64_t i) { threads[i] = TeamThread(); });
    const int last = size - 1;
    EXPECT_THAT(threads, ElementsAre(0, 0, 0, last, last, last));
  });
}

TEST(LoopTest, FewRowsStayOnOneThread) {
  InBothWays(2, [](int size) {
    std::vector<int> threads(kMinRowsForTeam - 1, -1);
    ForEachRow(threads.size(), [&](int64_t i) { threads[i] = TeamThread(); });
    EXPECT_THAT(threads, Each(0));
  });
}

TEST(LoopTest, AThreadTakesAnItemWhenItIsFree) {
  InBothWays(2, [](int size) {
    if (size < 2) return;
    std::atomic<int> num_done = 0;
    // The first item ends when all others have: its thread takes no other.
    ForEachItem(20, [&](int64_t i) {
      if (i > 0) {
        ++num_done;
        return;
      }
      while (num_done < 19) std::this_thread::yield();
    });
    EXPECT_EQ(num_done, 19);
  });
}

}  // namespace
}  // namespace parley::kernels
