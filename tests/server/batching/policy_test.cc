#include "server/batching/policy.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr PlaceInCall kFirst = PlaceInCall::kFirst;
constexpr PlaceInCall kFurther = PlaceInCall::kFurther;
constexpr absl::Duration kMs = absl::Milliseconds(1);

TEST(StillWantedTest, NamesWhyNot) {
  const absl::Time now = absl::FromUnixSeconds(10);
  CancelFlag flag;
  EXPECT_TRUE(StillWanted(nullptr, absl::InfiniteFuture(), now).ok());
  EXPECT_TRUE(StillWanted(&flag, now + kMs, now).ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(StillWanted(&flag, now, now)));
  flag.Cancel();
  EXPECT_TRUE(absl::IsCancelled(StillWanted(&flag, now + kMs, now)));
}

TEST(AdmissionTest, EveryUnitMustFit) {
  const EngineRoom room = {
      .capacity = {.encoder_tokens = 10, .rows = 4, .kv_blocks = 7},
      .empty = false};
  const TaskCost fits = {.encoder_tokens = 10, .max_rows = 4, .kv_blocks = 7};
  EXPECT_EQ(AdmissionOf(fits, kFirst, room), Admission::kNow);
  TaskCost cost = fits;
  cost.encoder_tokens = 11;
  EXPECT_EQ(AdmissionOf(cost, kFirst, room), Admission::kNoRoom);
  cost = fits;
  cost.max_rows = 5;
  EXPECT_EQ(AdmissionOf(cost, kFirst, room), Admission::kNoRoom);
  cost = fits;
  cost.kv_blocks = 8;
  EXPECT_EQ(AdmissionOf(cost, kFirst, room), Admission::kNoRoom);
}

TEST(AdmissionTest, AnEmptyEngineIsOfferedEverything) {
  for (const PlaceInCall place : {kFirst, kFurther}) {
    EXPECT_EQ(AdmissionOf({.max_rows = 100}, place, {}), Admission::kNow);
  }
}

TEST(AdmissionTest, FurtherTasksLeaveRowsToOtherCalls) {
  const EngineRoom room = {.capacity = {.encoder_tokens = 10, .rows = 10},
                           .for_further = {.encoder_tokens = 5, .rows = 2},
                           .empty = false};
  EXPECT_EQ(AdmissionOf({.max_rows = 10}, kFirst, room), Admission::kNow);
  EXPECT_EQ(AdmissionOf({.max_rows = 2}, kFurther, room), Admission::kNow);
  EXPECT_EQ(AdmissionOf({.max_rows = 3}, kFurther, room), Admission::kYields);
  EXPECT_EQ(AdmissionOf({.max_rows = 11}, kFurther, room), Admission::kNoRoom);
  EXPECT_EQ(AdmissionOf({.encoder_tokens = 5}, kFurther, room),
            Admission::kNow);
  EXPECT_EQ(AdmissionOf({.encoder_tokens = 6}, kFurther, room),
            Admission::kYields);
  EXPECT_EQ(AdmissionOf({.encoder_tokens = 6}, kFirst, room), Admission::kNow);
}

TEST(MayPassTest, ForAWhile) {
  const absl::Time now = absl::FromUnixSeconds(10);
  EXPECT_TRUE(MayPass(now, now));
  EXPECT_TRUE(MayPass(now - 100 * kMs, now));
  EXPECT_FALSE(MayPass(now - absl::Seconds(1), now));
}

std::vector<TaskId> Resting(const std::vector<int>& calls,
                            int64_t efficient_rows) {
  static constexpr int kCalls[100] = {};
  std::vector<SteppingTask> tasks;
  for (const int call : calls) {
    tasks.push_back({.id = tasks.size() + 1,
                     .call = call == 0 ? nullptr : &kCalls[call],
                     .num_rows = 4});
  }
  return ChooseResting(tasks, efficient_rows);
}

TEST(ChooseRestingTest, FurtherTasksOfACallBeyondWhatIsEfficient) {
  EXPECT_THAT(Resting({1, 1, 1, 1, 1, 2}, 64), IsEmpty());
  // Of 24 rows 16 are efficient.
  EXPECT_THAT(Resting({1, 1, 1, 1, 1, 2}, 16), ElementsAre(4, 5));
  EXPECT_THAT(Resting({2, 1, 1, 1, 1, 1}, 16), ElementsAre(5, 6));
}

TEST(ChooseRestingTest, NobodysFirst) {
  EXPECT_THAT(Resting({1, 2, 3, 4, 5, 6}, 4), IsEmpty());
  EXPECT_THAT(Resting({0, 0, 0, 0}, 4), IsEmpty());
  EXPECT_THAT(Resting({}, 4), IsEmpty());
  EXPECT_THAT(Resting({1, 1, 1, 0}, 1), ElementsAre(3));
}

TEST(ChooseRestingTest, NobodyWhereThereIsOneCall) {
  EXPECT_THAT(Resting({1, 1, 1}, 1), IsEmpty());
}

TEST(ChooseRestingTest, SecondOnesGoBeforeThird) {
  EXPECT_THAT(Resting({1, 1, 1, 2, 2, 2}, 16), ElementsAre(3, 6));
}

TEST(ChooseRestingTest, FurtherOnesTakeAThirdBesideMany) {
  EXPECT_THAT(Resting({1, 1, 1, 1, 2, 3, 4}, 4), ElementsAre(4));
}

// Runs `num_steps` choices among `ready`, each step of engine i costing
// step_times[i]; returns how long each computed.
std::vector<absl::Duration> RunShares(
    FairShare* share, std::vector<size_t> ready,
    const std::vector<absl::Duration>& step_times, int num_steps) {
  std::vector<absl::Duration> computed(step_times.size());
  for (int i = 0; i < num_steps; ++i) {
    const size_t next = share->Next(ready).value();
    share->Charge(next, step_times[next]);
    computed[next] += step_times[next];
  }
  return computed;
}

TEST(FairShareTest, NothingReadyIsNothingChosen) {
  FairShare share;
  EXPECT_FALSE(share.Next({}));
  share.Add(1);
  EXPECT_FALSE(share.Next({}));
  EXPECT_EQ(share.Next({0}), 0u);
}

TEST(FairShareTest, SharesTimeRatherThanSteps) {
  FairShare share;
  share.Add(1);
  share.Add(1);
  const auto computed = RunShares(&share, {0, 1}, {1 * kMs, 10 * kMs}, 1100);
  EXPECT_LE(computed[0] - computed[1], 10 * kMs);
  EXPECT_LE(computed[1] - computed[0], 10 * kMs);
}

TEST(FairShareTest, TimeGoesByTheShares) {
  FairShare share;
  share.Add(1);
  share.Add(3);
  share.Add(0.5);
  const auto computed =
      RunShares(&share, {0, 1, 2}, {1 * kMs, 4 * kMs, 2 * kMs}, 1000);
  EXPECT_NEAR(absl::FDivDuration(computed[1], computed[0]), 3, 0.1);
  EXPECT_NEAR(absl::FDivDuration(computed[2], computed[0]), 0.5, 0.05);
}

TEST(FairShareTest, IdleTimeIsNoClaim) {
  FairShare share;
  share.Add(1);
  share.Add(1);
  RunShares(&share, {0}, {kMs, kMs}, 1000);
  // Engine 1 comes back: from here on they take turns.
  const auto computed = RunShares(&share, {0, 1}, {kMs, kMs}, 100);
  EXPECT_LE(computed[1] - computed[0], 2 * kMs);
  EXPECT_LE(computed[0] - computed[1], 2 * kMs);
}

TEST(FairShareTest, ALateEngineStartsLevel) {
  FairShare share;
  share.Add(1);
  RunShares(&share, {0}, {kMs}, 1000);
  share.Add(1);
  const auto computed = RunShares(&share, {0, 1}, {kMs, kMs}, 100);
  EXPECT_LE(computed[1] - computed[0], 2 * kMs);
}

TEST(FairShareTest, OneThatLeavesChangesNothingForOthers) {
  FairShare share;
  for (int i = 0; i < 3; ++i) share.Add(1);
  EXPECT_EQ(share.Next({0, 1, 2}), 0u);
  share.Charge(0, 5 * kMs);
  share.Charge(1, 9 * kMs);
  share.Charge(2, 2 * kMs);
  share.Remove(1);
  EXPECT_EQ(share.Next({0, 1}), 1u);
  share.Charge(1, 4 * kMs);
  EXPECT_EQ(share.Next({0, 1}), 0u);
  EXPECT_EQ(share.Add(1), 2u);
}

TEST(FairShareTest, AHeavyStepIsPaidBack) {
  FairShare share;
  share.Add(1);
  share.Add(1);
  EXPECT_EQ(share.Next({0, 1}), 0u);
  share.Charge(0, 50 * kMs);
  const auto computed = RunShares(&share, {0, 1}, {kMs, kMs}, 50);
  EXPECT_EQ(computed[0], absl::ZeroDuration());
}

TEST(FairShareTest, ATimeThatRanBackwardsCountsNothing) {
  FairShare share;
  share.Add(1);
  share.Add(1);
  share.Charge(1, -1000 * kMs);
  EXPECT_EQ(share.Next({0, 1}), 0u);
}

}  // namespace
}  // namespace parley
