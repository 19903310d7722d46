#include "server/rpc/call_alarm.h"

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"
#include "tests/eventually.h"

namespace parley {
namespace {

TEST(CallAtTest, CallsWhenItIsTime) {
  absl::Notification called;
  const absl::Time time = absl::Now() + absl::Milliseconds(20);
  const auto alarm = CallAt(time, [&called] { called.Notify(); });
  EXPECT_TRUE(called.WaitForNotificationWithTimeout(absl::Seconds(30)));
  EXPECT_GE(absl::Now(), time);
}

TEST(CallAtTest, ATimePastIsNow) {
  absl::Notification called;
  const auto alarm =
      CallAt(absl::Now() - absl::Seconds(1), [&called] { called.Notify(); });
  EXPECT_TRUE(called.WaitForNotificationWithTimeout(absl::Seconds(30)));
}

TEST(CallAtTest, LetGoItDoesNotCall) {
  // Once the call that was let go is given up, nobody holds `kept`.
  auto kept = std::make_shared<absl::Notification>();
  auto alarm = CallAt(absl::Now() + absl::Hours(1), [kept] { kept->Notify(); });
  alarm = nullptr;
  EXPECT_TRUE(Eventually([&kept] { return kept.use_count() == 1; }));
  EXPECT_FALSE(kept->HasBeenNotified());
}

TEST(CallAtTest, MayBeLetGoByItsOwnCall) {
  absl::Notification set;
  absl::Notification called;
  std::shared_ptr<void> alarm;
  alarm = CallAt(absl::Now(), [&] {
    set.WaitForNotification();
    alarm = nullptr;
    called.Notify();
  });
  set.Notify();
  EXPECT_TRUE(called.WaitForNotificationWithTimeout(absl::Seconds(30)));
}

}  // namespace
}  // namespace parley
