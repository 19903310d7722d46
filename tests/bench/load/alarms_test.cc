#include "bench/load/alarms.h"

#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley::load {
namespace {

using ::testing::ElementsAre;

TEST(AlarmsTest, RunsEachWhenItIsDue) {
  absl::Mutex mutex;
  std::vector<int> order;
  absl::BlockingCounter left(3);
  const auto note = [&](int number) {
    return [&, number] {
      {
        absl::MutexLock lock(&mutex);
        order.push_back(number);
      }
      left.DecrementCount();
    };
  };
  // All due when the first is looked at, so that only `due` orders them.
  const absl::Time start = absl::Now() + absl::Seconds(1);
  Alarms alarms;
  alarms.Add(start + absl::Milliseconds(2), note(3));
  alarms.Add(start, note(1));
  alarms.Add(start + absl::Milliseconds(1), note(2));
  left.Wait();
  EXPECT_GE(absl::Now(), start);
  absl::MutexLock lock(&mutex);
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

TEST(AlarmsTest, DropsWhatIsNotDueAtItsEnd) {
  bool was_run = false;
  {
    Alarms alarms;
    alarms.Add(absl::Now() + absl::Hours(1), [&] { was_run = true; });
  }
  EXPECT_FALSE(was_run);
}

}  // namespace
}  // namespace parley::load
