#include "server/pipeline/task_group.h"

#include <optional>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The test answers the queue's entries itself, in any order.
class TaskGroupTest : public ::testing::Test {
 protected:
  void Run(int num_tasks, const CallContext& context = {}) {
    TaskGroup group;
    group.tasks.resize(num_tasks);
    for (int i = 0; i < num_tasks; ++i) {
      group.tasks[i].task.source_ids = {i};
      group.tasks[i].cost.encoder_tokens = i;
      group.tasks[i].use_shortlist = i == 1;
    }
    group.each = [this](size_t index, absl::StatusOr<TaskResult> result) {
      EXPECT_FALSE(done_);
      (result.ok() ? good_ : failed_).push_back(static_cast<int>(index));
    };
    group.done = [this](absl::StatusOr<CallTiming> timing) {
      EXPECT_FALSE(done_) << "called twice";
      done_ = std::move(timing);
    };
    RunTasks(std::move(group), context, &queue_);
    while (auto entry = queue_.Pop([](const QueueEntry&) { return true; })) {
      entries_.push_back(*std::move(entry));
    }
  }

  void Answer(int index, absl::Status status) {
    TaskOutcome outcome = {.result = std::move(status),
                           .queue_time = absl::Seconds(index),
                           .compute_time = absl::Seconds(10 * index)};
    if (outcome.result.status() == absl::UnknownError("good")) {
      outcome.result = TaskResult();
    }
    entries_[index].done(std::move(outcome));
  }
  void Answer(int index) { Answer(index, absl::UnknownError("good")); }

  TaskQueue queue_{{.max_tasks = 3}};
  std::vector<QueueEntry> entries_;
  std::vector<int> good_;
  std::vector<int> failed_;
  std::optional<absl::StatusOr<CallTiming>> done_;
};

TEST_F(TaskGroupTest, WaitsForAll) {
  const auto cancel = std::make_shared<CancelFlag>();
  const absl::Time deadline = absl::FromUnixSeconds(7);
  Run(3, {.deadline = deadline, .cancel = cancel});
  ASSERT_EQ(entries_.size(), 3);
  EXPECT_EQ(entries_[2].task.source_ids, std::vector<TokenId>{2});
  EXPECT_EQ(entries_[2].cost.encoder_tokens, 2);
  EXPECT_TRUE(entries_[1].use_shortlist);
  EXPECT_FALSE(entries_[2].use_shortlist);
  EXPECT_EQ(entries_[2].deadline, deadline);
  EXPECT_EQ(entries_[2].cancel, cancel);
  Answer(2);
  Answer(0, absl::InternalError("bad"));
  EXPECT_FALSE(done_);
  Answer(1);
  ASSERT_TRUE(done_ && done_->ok());
  EXPECT_THAT(good_, ElementsAre(2, 1));
  EXPECT_THAT(failed_, ElementsAre(0));
  EXPECT_EQ((*done_)->queue, absl::Seconds(1));  // Of the last to end.
  EXPECT_EQ((*done_)->compute, absl::Seconds(10));
}

TEST_F(TaskGroupTest, AStatusOfTheWholeCallIsTheCalls) {
  Run(3);
  Answer(1, absl::DeadlineExceededError("late"));
  Answer(0);
  Answer(2, absl::CancelledError("cancelled"));
  ASSERT_TRUE(done_);
  EXPECT_EQ(done_->status(), absl::DeadlineExceededError("late"));
  EXPECT_THAT(good_, ElementsAre(0));
  EXPECT_THAT(failed_, IsEmpty());
}

TEST_F(TaskGroupTest, WithoutTasksItIsDone) {
  Run(0);
  EXPECT_TRUE(done_ && done_->ok());
}

TEST_F(TaskGroupTest, TheQueueRefusesAll) {
  Run(4);
  ASSERT_TRUE(done_);
  EXPECT_TRUE(absl::IsResourceExhausted(done_->status()));
  EXPECT_THAT(entries_, IsEmpty());
  EXPECT_THAT(failed_, IsEmpty());
}

}  // namespace
}  // namespace parley
