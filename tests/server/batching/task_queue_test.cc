#include "server/batching/task_queue.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/retry_after.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

QueueEntry Entry(TokenId name) {
  QueueEntry entry;
  entry.task.source_ids = {name};
  entry.done = [](TaskOutcome) {};
  return entry;
}

std::vector<QueueEntry> Entries(std::vector<TokenId> names) {
  std::vector<QueueEntry> entries;
  for (const TokenId name : names) entries.push_back(Entry(name));
  return entries;
}

std::vector<TokenId> Names(const std::vector<QueueEntry>& entries) {
  std::vector<TokenId> names;
  for (const QueueEntry& entry : entries) {
    names.push_back(entry.task.source_ids.front());
  }
  return names;
}

std::vector<QueueEntry> PopAll(TaskQueue* queue) {
  std::vector<QueueEntry> entries;
  while (auto entry =
             queue->Pop([](const QueueEntry&) { return Admission::kNow; })) {
    entries.push_back(*std::move(entry));
  }
  return entries;
}

TEST(TaskQueueTest, GivesTheOldestOfAFlowFirst) {
  TaskQueue queue({});
  ASSERT_TRUE(queue.Push(Entries({1, 2})).ok());
  ASSERT_TRUE(queue.Push(Entries({3})).ok());
  EXPECT_EQ(queue.size(), 3);
  EXPECT_THAT(Names(PopAll(&queue)), ElementsAre(1, 2, 3));
  EXPECT_EQ(queue.size(), 0);
}

TEST(TaskQueueTest, KeepsARefusedEntryInItsPlace) {
  TaskQueue queue({});
  ASSERT_TRUE(queue.Push(Entries({1, 2})).ok());
  EXPECT_FALSE(queue.Pop([](const QueueEntry&) { return Admission::kNoRoom; }));
  EXPECT_THAT(Names(PopAll(&queue)), ElementsAre(1, 2));
}

TEST(TaskQueueTest, TakesAllEntriesOrNone) {
  TaskQueue queue({.max_tasks = 3});
  ASSERT_TRUE(queue.Push(Entries({1, 2})).ok());
  std::vector<QueueEntry> refused = Entries({3, 4});
  const absl::Status full = queue.Push(std::move(refused));
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(full.message(), HasSubstr("2 of at most 3"));
  // Refused entries stay with the caller, whole.
  EXPECT_THAT(Names(refused), ElementsAre(3, 4));
  EXPECT_TRUE(refused[0].done);
  ASSERT_TRUE(queue.Push(Entries({5})).ok());
  EXPECT_THAT(Names(PopAll(&queue)), ElementsAre(1, 2, 5));
  EXPECT_TRUE(queue.Push(std::move(refused)).ok());
  EXPECT_THAT(refused, IsEmpty());
}

TEST(TaskQueueTest, TakesDeadEntriesFromAnywhere) {
  const absl::Time now = absl::FromUnixSeconds(1000);
  auto cancel = std::make_shared<CancelFlag>();
  std::vector<QueueEntry> entries = Entries({1, 2, 3, 4, 5});
  entries[0].deadline = now;
  entries[1].deadline = now + absl::Nanoseconds(1);
  entries[2].cancel = cancel;
  entries[4].cancel = cancel;
  TaskQueue queue({});
  ASSERT_TRUE(queue.Push(std::move(entries)).ok());
  const auto dead_names = [&queue, now](absl::StatusCode code) {
    std::vector<QueueEntry> entries;
    for (DeadEntry& dead : queue.TakeDead(now)) {
      EXPECT_EQ(dead.why.code(), code);
      entries.push_back(std::move(dead.entry));
    }
    return Names(entries);
  };
  EXPECT_THAT(dead_names(absl::StatusCode::kDeadlineExceeded), ElementsAre(1));
  EXPECT_THAT(queue.TakeDead(now), IsEmpty());
  cancel->Cancel();
  EXPECT_THAT(dead_names(absl::StatusCode::kCancelled), ElementsAre(3, 5));
  EXPECT_THAT(Names(PopAll(&queue)), ElementsAre(2, 4));
}

TEST(TaskQueueTest, PutsEntriesBackInTheirPlaces) {
  absl::Time now = absl::FromUnixSeconds(1);
  TaskQueue queue({.max_tasks = 4, .clock = [&now] { return now; }});
  ASSERT_TRUE(queue.Push(Entries({1, 2, 3, 4})).ok());
  std::vector<QueueEntry> popped = PopAll(&queue);
  now = absl::FromUnixSeconds(2);
  ASSERT_TRUE(queue.Push(Entries({5, 6, 7})).ok());
  // In no order, and past the bound.
  for (const int i : {1, 3, 0, 2}) queue.PutBack(std::move(popped[i]));
  std::vector<QueueEntry> all = PopAll(&queue);
  EXPECT_THAT(Names(all), ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(all[3].enqueued, absl::FromUnixSeconds(1));
  EXPECT_EQ(all[4].enqueued, absl::FromUnixSeconds(2));
}

TEST(TaskQueueTest, ClosedRefusesButLetsPop) {
  TaskQueue queue({});
  ASSERT_TRUE(queue.Push(Entries({1})).ok());
  EXPECT_TRUE(queue.closed().ok());
  queue.Close(absl::InternalError("lost"));
  queue.Close(absl::UnavailableError("second"));
  EXPECT_EQ(queue.closed(), absl::InternalError("lost"));
  EXPECT_EQ(queue.Push(Entries({2})), absl::InternalError("lost"));
  std::vector<QueueEntry> popped = PopAll(&queue);
  EXPECT_THAT(Names(popped), ElementsAre(1));
  queue.PutBack(std::move(popped[0]));
  EXPECT_EQ(queue.size(), 1);
}

TEST(TaskQueueTest, TellsTheListenerOfEntriesAndOfTheEnd) {
  int num_calls = 0;
  TaskQueue queue({.max_tasks = 1});
  queue.SetListener([&num_calls] { ++num_calls; });
  ASSERT_TRUE(queue.Push(Entries({1})).ok());
  EXPECT_EQ(num_calls, 1);
  EXPECT_FALSE(queue.Push(Entries({2})).ok());
  EXPECT_TRUE(queue.Push({}).ok());
  EXPECT_EQ(num_calls, 1);
  // Another runner may have room for what comes back.
  queue.PutBack(*queue.Pop([](const QueueEntry&) { return Admission::kNow; }));
  EXPECT_EQ(num_calls, 2);
  queue.Close(absl::UnavailableError("end"));
  EXPECT_EQ(num_calls, 3);
}

std::optional<QueueEntry> PopNamed(TaskQueue* queue, TokenId name) {
  return queue->Pop([name](const QueueEntry& entry) {
    return entry.task.source_ids.front() == name ? Admission::kNow
                                                 : Admission::kNoRoom;
  });
}

TEST(TaskQueueTest, OthersPassARefusedEntryForAWhile) {
  absl::Time now = absl::FromUnixSeconds(1);
  TaskQueue queue({.clock = [&now] { return now; }});
  ASSERT_TRUE(queue.Push(Entries({1, 2, 3, 4})).ok());
  EXPECT_TRUE(PopNamed(&queue, 2));
  now += absl::Milliseconds(100);
  EXPECT_TRUE(PopNamed(&queue, 3));
  now += absl::Milliseconds(101);
  EXPECT_FALSE(PopNamed(&queue, 4));
  // Even where it was popped and put back meanwhile.
  queue.PutBack(*PopNamed(&queue, 1));
  EXPECT_FALSE(PopNamed(&queue, 4));
  EXPECT_TRUE(PopNamed(&queue, 1));
  EXPECT_TRUE(PopNamed(&queue, 4));
}

TEST(TaskQueueTest, OthersPassAnEntryForAsLongAsItYields) {
  absl::Time now = absl::FromUnixSeconds(1);
  TaskQueue queue({.clock = [&now] { return now; }});
  ASSERT_TRUE(queue.Push(Entries({1, 2, 3})).ok());
  for (const TokenId name : {2, 3}) {
    now += absl::Seconds(10);
    EXPECT_TRUE(queue.Pop([name](const QueueEntry& entry) {
      return entry.task.source_ids.front() == name ? Admission::kNow
                                                   : Admission::kYields;
    }));
  }
  EXPECT_THAT(Names(PopAll(&queue)), ElementsAre(1));
}

TEST(TaskQueueTest, CallersTakeTurns) {
  TaskQueue queue({});
  std::vector<QueueEntry> many = Entries({1, 2, 3});
  for (QueueEntry& entry : many) entry.flow.caller = "many";
  ASSERT_TRUE(queue.Push(std::move(many)).ok());
  std::vector<QueueEntry> few = Entries({4});
  few[0].flow.caller = "few";
  ASSERT_TRUE(queue.Push(std::move(few)).ok());
  EXPECT_THAT(Names(PopAll(&queue)), ElementsAre(1, 4, 2, 3));
}

// Remembers what was refused.
class RejectObserver : public BatchingObserver {
 public:
  void OnRejected(RejectReason reason, int64_t num_tasks) override {
    rejected.emplace_back(reason, num_tasks);
  }
  std::vector<std::pair<RejectReason, int64_t>> rejected;
};

class OverloadTest : public ::testing::Test {
 protected:
  // Ten tasks of work 10 wait, of which twelve a second are done: all of them
  // within a second, to be on the safe side.
  void SetUp() override {
    std::vector<QueueEntry> entries = Entries(std::vector<TokenId>(10, 1));
    for (QueueEntry& entry : entries) {
      entry.cost.work = 10;
      entry.flow.caller = "heavy";
      entry.cancel = cancel_;
    }
    queue_.SetRate(0, 70);
    queue_.SetRate(1, 50);
    ASSERT_TRUE(queue_.Push(std::move(entries)).ok());
  }

  absl::Time now_ = absl::FromUnixSeconds(1000);
  const std::shared_ptr<CancelFlag> cancel_ = std::make_shared<CancelFlag>();
  const std::shared_ptr<RejectObserver> observer_ =
      std::make_shared<RejectObserver>();
  TaskQueue queue_{{.max_tasks = 20,
                    .max_delay = absl::Seconds(2),
                    .clock = [this] { return now_; },
                    .observer = observer_}};
};

TEST_F(OverloadTest, TakesWhoCanBeServedInTime) {
  EXPECT_TRUE(queue_.CheckRoom({.flow = {"heavy"}}).ok());
  EXPECT_TRUE(
      queue_.CheckRoom({.flow = {"heavy"}, .deadline = now_ + absl::Seconds(2)})
          .ok());
  // Another caller does not wait for this one's many.
  EXPECT_TRUE(queue_
                  .CheckRoom({.flow = {"other"},
                              .deadline = now_ + absl::Milliseconds(10)})
                  .ok());
  EXPECT_THAT(observer_->rejected, IsEmpty());
}

TEST_F(OverloadTest, RefusesWhoseDeadlineIsTooNear) {
  std::vector<QueueEntry> entries = Entries({1});
  entries[0].flow.caller = "heavy";
  entries[0].deadline = now_ + absl::Milliseconds(900);
  const absl::Status refused = queue_.Push(std::move(entries));
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_THAT(refused.message(), HasSubstr("about 1s"));
  EXPECT_EQ(GetRetryAfter(refused), absl::Seconds(1));
  EXPECT_EQ(entries.size(), 1);
  EXPECT_THAT(observer_->rejected,
              ElementsAre(std::make_pair(RejectReason::kDeadline, 1)));
}

TEST_F(OverloadTest, RefusesWhoWouldWaitTooLong) {
  queue_.SetRate(0, 0);
  queue_.SetRate(1, 24);  // Five seconds now.
  const Newcomer newcomer = {.flow = {"heavy"}, .num_tasks = 3};
  const absl::Status refused = queue_.CheckRoom(newcomer);
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_THAT(refused.message(), HasSubstr("at most 2s is allowed"));
  EXPECT_EQ(GetRetryAfter(refused), absl::Seconds(3));
  EXPECT_THAT(observer_->rejected,
              ElementsAre(std::make_pair(RejectReason::kQueueDelay, 3)));
}

TEST_F(OverloadTest, RefusesWhatHasNoRoom) {
  const absl::Status refused =
      queue_.CheckRoom({.flow = {"other"}, .num_tasks = 11});
  EXPECT_TRUE(absl::IsResourceExhausted(refused));
  EXPECT_TRUE(GetRetryAfter(refused));
  EXPECT_THAT(observer_->rejected,
              ElementsAre(std::make_pair(RejectReason::kQueueFull, 11)));
}

TEST_F(OverloadTest, TakesWhatMayNotBeRefused) {
  EXPECT_TRUE(queue_
                  .CheckRoom({.flow = {"heavy"},
                              .deadline = now_,
                              .is_refusable = false,
                              .num_tasks = 100})
                  .ok());
  queue_.Close(absl::UnavailableError("end"));
  EXPECT_FALSE(queue_.CheckRoom({.is_refusable = false}).ok());
  EXPECT_THAT(observer_->rejected,
              ElementsAre(std::make_pair(RejectReason::kClosed, 1)));
}

TEST_F(OverloadTest, AWaitThatIsNotKnownRefusesNobody) {
  queue_.SetRate(0, 0);
  queue_.SetRate(1, 0);
  EXPECT_TRUE(queue_.CheckRoom({.flow = {"heavy"}, .deadline = now_}).ok());
}

TEST_F(OverloadTest, TheDeadStandInNobodysWay) {
  const Newcomer newcomer = {.flow = {"heavy"}, .num_tasks = 20};
  ASSERT_FALSE(queue_.CheckRoom(newcomer).ok());
  cancel_->Cancel();
  EXPECT_TRUE(queue_.CheckRoom(newcomer).ok());
  // They are answered yet.
  EXPECT_EQ(queue_.size(), 10);
  EXPECT_EQ(queue_.TakeDead(now_).size(), 10);
  EXPECT_EQ(queue_.size(), 0);
}

TEST_F(OverloadTest, ALongQueueIsNotLookedThroughForEachCall) {
  TaskQueue queue({.max_tasks = 1000, .clock = [this] { return now_; }});
  std::vector<QueueEntry> entries = Entries(std::vector<TokenId>(1000, 1));
  for (QueueEntry& entry : entries) entry.cancel = cancel_;
  ASSERT_TRUE(queue.Push(std::move(entries)).ok());
  ASSERT_FALSE(queue.CheckRoom({}).ok());
  cancel_->Cancel();
  EXPECT_FALSE(queue.CheckRoom({}).ok());
  now_ += absl::Seconds(1);
  EXPECT_TRUE(queue.CheckRoom({}).ok());
}

TEST_F(OverloadTest, KnowsWhoIsLeastLoaded) {
  EXPECT_TRUE(queue_.IsLeastLoaded(0));
  queue_.SetLoad(0, 5);
  EXPECT_FALSE(queue_.IsLeastLoaded(0));
  EXPECT_TRUE(queue_.IsLeastLoaded(1));
  queue_.SetLoad(1, 5);
  EXPECT_TRUE(queue_.IsLeastLoaded(0));
  EXPECT_TRUE(queue_.IsLeastLoaded(1));
}

TEST(TaskQueueTest, TellsItsState) {
  absl::Time now = absl::FromUnixSeconds(1);
  TaskQueue queue({.clock = [&now] { return now; }});
  EXPECT_EQ(queue.state().num_tasks, 0);
  EXPECT_EQ(queue.state().oldest_age, absl::ZeroDuration());
  ASSERT_TRUE(queue.Push(Entries({1})).ok());
  now += absl::Seconds(3);
  ASSERT_TRUE(queue.Push(Entries({2, 3})).ok());
  EXPECT_EQ(queue.state().num_tasks, 3);
  EXPECT_EQ(queue.state().oldest_age, absl::Seconds(3));
}

TEST(TaskQueueTest, AnswersWhatIsLeftWhenDestroyed) {
  std::vector<absl::StatusCode> codes;
  {
    TaskQueue queue({});
    std::vector<QueueEntry> entries = Entries({1, 2});
    for (QueueEntry& entry : entries) {
      entry.done = [&codes](TaskOutcome outcome) {
        codes.push_back(outcome.result.status().code());
      };
    }
    ASSERT_TRUE(queue.Push(std::move(entries)).ok());
  }
  EXPECT_THAT(codes, ElementsAre(absl::StatusCode::kUnavailable,
                                 absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace parley
