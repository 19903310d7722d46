#include "server/pipeline/call.h"

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::HasSubstr;

TEST(IsOfWholeCallTest, KnowsWhatTasksShare) {
  for (const bool partial : {false, true}) {
    EXPECT_TRUE(IsOfWholeCall(absl::CancelledError(""), partial));
    EXPECT_EQ(IsOfWholeCall(absl::DeadlineExceededError(""), partial),
              !partial);
    EXPECT_TRUE(IsOfWholeCall(absl::UnavailableError(""), partial));
    EXPECT_FALSE(IsOfWholeCall(absl::OkStatus(), partial));
    EXPECT_FALSE(IsOfWholeCall(absl::InternalError(""), partial));
    EXPECT_FALSE(IsOfWholeCall(absl::InvalidArgumentError(""), partial));
  }
}

TEST(AnswerDeadlineTest, LeavesTimeForTheWayBackOfPartialAnswers) {
  const absl::Time now = absl::FromUnixSeconds(1000);
  const auto left = [&](absl::Duration time) {
    const CallContext context = {.deadline = now + time, .allow_partial = true};
    return AnswerDeadline(context, now) - now;
  };
  EXPECT_EQ(left(absl::Seconds(1)), absl::Milliseconds(950));
  EXPECT_EQ(left(absl::Milliseconds(20)), absl::Milliseconds(15));
  EXPECT_EQ(left(absl::Minutes(1)), absl::Minutes(1) - absl::Milliseconds(100));
  EXPECT_EQ(left(absl::ZeroDuration()), -absl::Milliseconds(5));
  EXPECT_EQ(left(absl::InfiniteDuration()), absl::InfiniteDuration());
  EXPECT_EQ(AnswerDeadline({.deadline = now}, now), now);
}

TEST(StillWantedTest, AsksFlagAndDeadline) {
  CallContext context;
  EXPECT_TRUE(StillWanted(context).ok());
  context.deadline = absl::Now() - absl::Seconds(1);
  EXPECT_TRUE(absl::IsDeadlineExceeded(StillWanted(context)));
  auto cancel = std::make_shared<CancelFlag>();
  context.cancel = cancel;
  cancel->Cancel();
  EXPECT_TRUE(absl::IsCancelled(StillWanted(context)));
}

TEST(CheckNumItemsTest, NamesTheField) {
  const CallLimits limits = {.max_texts_per_request = 3};
  EXPECT_TRUE(CheckNumItems("texts", 3, limits).ok());
  const absl::Status status = CheckNumItems("texts", 4, limits);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("texts has 4 entries, but at most 3"));
}

TEST(CheckUtf8Test, SaysWhere) {
  EXPECT_TRUE(CheckUtf8("gr\xC3\xBC\xC3\x9F").ok());
  EXPECT_THAT(std::string(CheckUtf8("ab\xC3(").message()), HasSubstr("byte 2"));
}

TEST(ReserveAnswerTest, ChecksThenReserves) {
  const CallLimits limits = {.max_response_bytes = 100};
  EXPECT_TRUE(ReserveAnswer(100, limits, {}).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(ReserveAnswer(101, limits, {})));
  int64_t reserved = 0;
  const CallContext context = {.reserve = [&](int64_t bytes) {
    reserved += bytes;
    return absl::ResourceExhaustedError("later");
  }};
  EXPECT_TRUE(absl::IsInvalidArgument(ReserveAnswer(101, limits, context)));
  EXPECT_EQ(reserved, 0);
  EXPECT_TRUE(absl::IsResourceExhausted(ReserveAnswer(7, limits, context)));
  EXPECT_EQ(reserved, 7);
}

}  // namespace
}  // namespace parley
