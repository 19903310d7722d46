#include "server/rpc/call_gate.h"

#include <atomic>
#include <thread>

#include "absl/time/clock.h"
#include "base/retry_after.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

TEST(CallGateTest, BoundsTheBytesInside) {
  CallGate gate({.max_bytes = 100});
  EXPECT_TRUE(gate.Enter(60).ok());
  EXPECT_TRUE(gate.Enter(40).ok());
  const absl::Status full = gate.Enter(1);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(full.message()), HasSubstr("100"));
  EXPECT_TRUE(gate.Enter(0).ok());
  gate.Leave(40);
  EXPECT_TRUE(gate.Enter(1).ok());
  EXPECT_FALSE(gate.Enter(101).ok());
}

TEST(CallGateTest, BoundsTheCallsInside) {
  CallGate gate({.max_calls = 2});
  EXPECT_TRUE(gate.Enter(0).ok());
  EXPECT_TRUE(gate.Enter(0).ok());
  const absl::Status full = gate.Enter(0);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(GetRetryAfter(full));
  gate.Leave(0);
  EXPECT_TRUE(gate.Enter(0).ok());
}

TEST(CallGateTest, ACallInsideMayGrow) {
  CallGate gate({.max_bytes = 100});
  ASSERT_TRUE(gate.Enter(60).ok());
  gate.Close();
  EXPECT_TRUE(gate.Grow(40).ok());
  EXPECT_EQ(gate.Grow(1).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(gate.WaitUntilEmpty(absl::InfinitePast()));
  gate.Leave(100);
  EXPECT_TRUE(gate.WaitUntilEmpty(absl::InfinitePast()));
}

TEST(CallGateTest, ACallInsideMayShrink) {
  CallGate gate({.max_bytes = 100});
  ASSERT_TRUE(gate.Enter(60).ok());
  ASSERT_TRUE(gate.Grow(40).ok());
  gate.Shrink(70);
  EXPECT_TRUE(gate.Grow(70).ok());
  EXPECT_FALSE(gate.Grow(1).ok());
  gate.Leave(100);
  EXPECT_TRUE(gate.WaitUntilEmpty(absl::InfinitePast()));
}

TEST(CallGateTest, AClosedGateLetsNobodyIn) {
  CallGate gate({.max_bytes = 100});
  EXPECT_TRUE(gate.Enter(1).ok());
  gate.Close();
  EXPECT_EQ(gate.Enter(1).code(), absl::StatusCode::kUnavailable);
}

TEST(CallGateTest, WaitsForTheLast) {
  CallGate gate({.max_bytes = 100});
  EXPECT_TRUE(gate.WaitUntilEmpty(absl::InfinitePast()));
  ASSERT_TRUE(gate.Enter(5).ok());
  EXPECT_FALSE(gate.WaitUntilEmpty(absl::InfinitePast()));
  std::thread leaver([&gate] { gate.Leave(5); });
  EXPECT_TRUE(gate.WaitUntilEmpty(absl::InfiniteFuture()));
  leaver.join();
}

TEST(CallGateTest, IsQuietWhenNobodyIsRefused) {
  CallGate gate({.max_bytes = 100});
  gate.Close();
  gate.WaitUntilQuiet(absl::InfiniteDuration(), absl::InfinitePast());
  gate.WaitUntilQuiet(absl::ZeroDuration(), absl::InfiniteFuture());
  // Whoever calls again and again is not waited for.
  std::atomic<bool> calling = true;
  std::thread caller([&] {
    while (calling) EXPECT_TRUE(absl::IsUnavailable(gate.Enter(1)));
  });
  gate.WaitUntilQuiet(absl::Hours(1), absl::Now() + absl::Milliseconds(20));
  calling = false;
  caller.join();
  gate.WaitUntilQuiet(absl::Milliseconds(1), absl::InfiniteFuture());
}

}  // namespace
}  // namespace parley
