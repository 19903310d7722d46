#include "server/rpc/wire/worker_threads.h"

#include <atomic>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

TEST(WorkerThreadsTest, DoesAllThatWasPostedBeforeItGoes) {
  std::atomic<int> num_done{0};
  {
    WorkerThreads workers(2);
    for (int i = 0; i < 100; ++i) workers.Post([&num_done] { ++num_done; });
  }
  EXPECT_EQ(num_done, 100);
}

TEST(WorkerThreadsTest, DoesSeveralAtATime) {
  auto* const barrier = new absl::Barrier(3);  // The last one deletes it.
  WorkerThreads workers(3);
  for (int i = 0; i < 3; ++i) {
    workers.Post([barrier] {
      if (barrier->Block()) delete barrier;
    });
  }
}

TEST(WorkerThreadsTest, OneDoesThemInTheirOrder) {
  std::vector<int> order;
  absl::Notification all;
  WorkerThreads worker(1);
  for (int i = 0; i < 10; ++i) {
    worker.Post([&order, i] { order.push_back(i); });
  }
  worker.Post([&all] { all.Notify(); });
  all.WaitForNotification();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
}

}  // namespace
}  // namespace parley
