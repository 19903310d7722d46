#include "base/thread_turns.h"

#include <sched.h>

#include <thread>

#include "gtest/gtest.h"

namespace parley {
namespace {

int PolicyOfANewThread() {
  int policy = -1;
  std::thread([&policy] { policy = sched_getscheduler(0); }).join();
  return policy;
}

TEST(ThreadTurnsTest, ThreadsDoAsTheOneThatStartedThem) {
  std::thread([] {
    WaitForTurns();
    EXPECT_EQ(sched_getscheduler(0), SCHED_BATCH);
    EXPECT_EQ(PolicyOfANewThread(), SCHED_BATCH);
    TakeTurns();
    EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER);
    EXPECT_EQ(PolicyOfANewThread(), SCHED_OTHER);
  }).join();
}

TEST(ThreadTurnsTest, OthersStayAsTheyAre) {
  std::thread([] { WaitForTurns(); }).join();
  EXPECT_EQ(sched_getscheduler(0), SCHED_OTHER);
}

}  // namespace
}  // namespace parley
