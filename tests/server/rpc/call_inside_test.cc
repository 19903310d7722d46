#include "server/rpc/call_inside.h"

#include <memory>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace parley {
namespace {

class CallInsideTest : public ::testing::Test {
 protected:
  // A request of so many bytes.
  absl::StatusOr<std::unique_ptr<CallInside>> Enter(int bytes) {
    grpc::Slice slice(std::string(bytes, 'x'));
    const grpc::ByteBuffer request(&slice, 1);
    return CallInside::Enter(&gate_, context_, &request);
  }

  // Whether the calls inside hold so many bytes, together.
  bool Holds(int64_t bytes) {
    if (gate_.Enter(kMaxBytes - bytes + 1).ok()) return false;
    if (!gate_.Enter(kMaxBytes - bytes).ok()) return false;
    gate_.Leave(kMaxBytes - bytes);
    return true;
  }

  static constexpr int64_t kMaxBytes = 1000;
  CallGate gate_{{.max_bytes = kMaxBytes}};
  const grpc::ServerContext context_;
};

TEST_F(CallInsideTest, HoldsItsBytesUntilItLeaves) {
  auto call = Enter(100);
  ASSERT_TRUE(call.ok()) << call.status();
  EXPECT_TRUE(Holds(100));
  EXPECT_TRUE((*call)->Grow(50).ok());
  EXPECT_TRUE((*call)->Context().reserve(7).ok());
  EXPECT_EQ((*call)->bytes(), 157);
  EXPECT_TRUE(absl::IsResourceExhausted((*call)->Grow(kMaxBytes)));
  (*call)->Shrink(50);
  EXPECT_TRUE(Holds(107));
  EXPECT_FALSE(gate_.WaitUntilEmpty(absl::InfinitePast()));
  call->reset();
  EXPECT_TRUE(Holds(0));
  EXPECT_TRUE(gate_.WaitUntilEmpty(absl::InfinitePast()));
}

TEST_F(CallInsideTest, TheGateMaySayNo) {
  EXPECT_TRUE(absl::IsResourceExhausted(Enter(kMaxBytes + 1).status()));
  gate_.Close();
  EXPECT_TRUE(absl::IsUnavailable(Enter(1).status()));
  EXPECT_TRUE(gate_.WaitUntilEmpty(absl::InfinitePast()));
}

TEST_F(CallInsideTest, ACancelledCallSaysSoForGood) {
  auto call = CallInside::Enter(&gate_, context_, nullptr);
  ASSERT_TRUE(call.ok()) << call.status();
  const CallContext context = (*call)->Context();
  EXPECT_EQ(context.deadline, absl::InfiniteFuture());
  EXPECT_TRUE(context.call_at);
  EXPECT_FALSE(context.cancel->cancelled());
  EXPECT_TRUE(absl::IsCancelled((*call)->Cancel()));
  call->reset();
  EXPECT_TRUE(context.cancel->cancelled());
}

TEST(WhyCancelledTest, TellsLateFromLeft) {
  const absl::Time begin = absl::UnixEpoch();
  const auto why = [begin](absl::Duration after, absl::Time deadline) {
    return WhyCancelled({.begin = begin,
                         .deadline = deadline,
                         .cancelled = begin + after})
        .code();
  };
  const absl::Time deadline = begin + absl::Seconds(10);
  EXPECT_EQ(why(absl::Seconds(5), deadline), absl::StatusCode::kCancelled);
  EXPECT_EQ(why(absl::Seconds(11), deadline),
            absl::StatusCode::kDeadlineExceeded);
  // It was late on the other side, whose time began earlier.
  EXPECT_EQ(why(absl::Seconds(9.9), deadline),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(why(absl::Hours(1), absl::InfiniteFuture()),
            absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace parley
