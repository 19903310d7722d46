#include "server/batching/task_queue.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
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
  while (auto entry = queue->PopIf([](const QueueEntry&) { return true; })) {
    entries.push_back(*std::move(entry));
  }
  return entries;
}

TEST(TaskQueueTest, GivesTheOldestFirst) {
  TaskQueue queue({});
  ASSERT_TRUE(queue.Push(Entries({1, 2})).ok());
  ASSERT_TRUE(queue.Push(Entries({3})).ok());
  EXPECT_EQ(queue.size(), 3);
  EXPECT_THAT(Names(PopAll(&queue)), ElementsAre(1, 2, 3));
  EXPECT_EQ(queue.size(), 0);
}

TEST(TaskQueueTest, KeepsARefusedEntryAtTheFront) {
  TaskQueue queue({});
  ASSERT_TRUE(queue.Push(Entries({1, 2})).ok());
  EXPECT_FALSE(queue.PopIf([](const QueueEntry&) { return false; }));
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
  EXPECT_THAT(Names(queue.TakeDead(now)), ElementsAre(1));
  EXPECT_THAT(queue.TakeDead(now), IsEmpty());
  cancel->Cancel();
  EXPECT_THAT(Names(queue.TakeDead(now)), ElementsAre(3, 5));
  EXPECT_THAT(Names(PopAll(&queue)), ElementsAre(2, 4));
}

TEST(TaskQueueTest, PutsEntriesBackByAge) {
  absl::Time now = absl::FromUnixSeconds(1);
  TaskQueue queue({.max_tasks = 4, .clock = [&now] { return now; }});
  ASSERT_TRUE(queue.Push(Entries({1, 2, 3, 4})).ok());
  std::vector<QueueEntry> popped = PopAll(&queue);
  now = absl::FromUnixSeconds(2);
  ASSERT_TRUE(queue.Push(Entries({5, 6, 7})).ok());
  // In no order, and past the bound.
  for (const int i : {1, 3, 0, 2}) queue.PushFront(std::move(popped[i]));
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
  queue.PushFront(std::move(popped[0]));
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
  queue.Close(absl::UnavailableError("end"));
  EXPECT_EQ(num_calls, 2);
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
