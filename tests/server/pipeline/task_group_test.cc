#include "server/pipeline/task_group.h"

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace parley {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::ResultOf;

// The test answers the queue's entries itself, in any order.
class TaskGroupTest : public ::testing::Test {
 protected:
  void Run(int num_tasks, const CallContext& context = {}) {
    RunGroup(MakeGroup(num_tasks), context);
  }

  TaskGroup MakeGroup(int num_tasks) {
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
      if (!result.ok()) failures_.push_back(result.status());
    };
    group.done = [this](absl::StatusOr<CallTiming> timing) {
      EXPECT_FALSE(done_) << "called twice";
      done_ = std::move(timing);
    };
    return group;
  }

  void RunGroup(TaskGroup group, const CallContext& context) {
    RunTasks(std::move(group), context, model_);
    while (auto entry =
               queue_.Pop([](const QueueEntry&) { return Admission::kNow; })) {
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

  static std::shared_ptr<ServedModel> MakeModel() {
    auto model = std::make_shared<ServedModel>();
    model->queue =
        std::make_unique<TaskQueue>(TaskQueue::Options{.max_tasks = 3});
    return model;
  }

  const std::shared_ptr<ServedModel> model_ = MakeModel();
  TaskQueue& queue_ = *model_->queue;
  std::vector<QueueEntry> entries_;
  std::vector<int> good_;
  std::vector<int> failed_;
  std::vector<absl::Status> failures_;
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

TEST_F(TaskGroupTest, TellsOfProgressUntilATaskHasEnded) {
  TaskGroup group = MakeGroup(2);
  std::vector<std::pair<size_t, std::vector<TokenId>>> told;
  group.progress = [&told](size_t index, std::vector<TokenId> token_ids) {
    told.emplace_back(index, std::move(token_ids));
  };
  RunGroup(std::move(group), {});
  EXPECT_TRUE(entries_[0].task.wants_progress);
  entries_[1].progress({7});
  entries_[0].progress({8, 9});
  EXPECT_THAT(told,
              ElementsAre(std::pair(size_t{1}, std::vector<TokenId>{7}),
                          std::pair(size_t{0}, std::vector<TokenId>{8, 9})));
  Answer(0);
  entries_[0].progress({1});
  EXPECT_EQ(told.size(), 2u);
}

TEST_F(TaskGroupTest, ProgressIsNotAskedForWhereNobodyListens) {
  Run(1);
  EXPECT_FALSE(entries_[0].task.wants_progress);
  EXPECT_FALSE(entries_[0].progress);
}

// A clock that the test holds in its hands.
class PartialTest : public TaskGroupTest {
 protected:
  CallContext Context() {
    return {.deadline = absl::Now() + absl::Hours(1),
            .allow_partial = true,
            .call_at = [this](absl::Time time, std::function<void()> call) {
              time_ = time;
              call_ = std::move(call);
              auto timer = std::make_shared<int>();
              timer_ = timer;
              return timer;
            }};
  }

  absl::Time time_ = absl::InfinitePast();
  std::function<void()> call_;
  std::weak_ptr<int> timer_;
};

TEST_F(PartialTest, WhatIsDoneIsKeptWhenTimeIsUp) {
  const CallContext context = Context();
  Run(3, context);
  EXPECT_LT(time_, context.deadline);
  EXPECT_EQ(entries_[0].deadline, time_);
  Answer(1);
  call_();
  ASSERT_TRUE(done_ && done_->ok());
  EXPECT_THAT(good_, ElementsAre(1));
  EXPECT_THAT(failed_, ElementsAre(0, 2));
  EXPECT_THAT(failures_, Each(ResultOf(&absl::IsDeadlineExceeded, true)));
  // What the engine is still at comes too late.
  Answer(0);
  Answer(2, absl::DeadlineExceededError("late"));
  EXPECT_THAT(good_, ElementsAre(1));
}

TEST_F(PartialTest, TheRunnerMayBeFirst) {
  Run(2, Context());
  Answer(0, absl::DeadlineExceededError("late"));
  EXPECT_FALSE(done_);
  Answer(1);
  ASSERT_TRUE(done_ && done_->ok());
  EXPECT_THAT(failed_, ElementsAre(0));
  call_();  // Nothing is left to end.
}

TEST_F(PartialTest, OtherStatusesStayTheCalls) {
  Run(2, Context());
  Answer(0, absl::CancelledError("gone"));
  call_();
  ASSERT_TRUE(done_);
  EXPECT_TRUE(absl::IsCancelled(done_->status()));
}

TEST_F(PartialTest, TheTimerGoesWithTheGroup) {
  Run(1, Context());
  EXPECT_FALSE(timer_.expired());
  Answer(0);
  entries_.clear();
  EXPECT_TRUE(timer_.expired());
  call_();
}

TEST_F(PartialTest, NoTimerWhereThereIsNoDeadlineOrNothingWaits) {
  CallContext context = Context();
  context.deadline = absl::InfiniteFuture();
  Run(1, context);
  EXPECT_FALSE(call_);
  Run(4, Context());  // Refused.
  EXPECT_FALSE(call_);
  context = Context();
  context.allow_partial = false;
  Run(1, context);
  EXPECT_FALSE(call_);
  EXPECT_EQ(entries_.back().deadline, context.deadline);
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

TEST_F(TaskGroupTest, WhatTheCacheHasIsNotQueued) {
  model_->cache = std::make_shared<ResultCache>(1 << 20);
  Run(2);
  ASSERT_EQ(entries_.size(), 2);
  Answer(0);
  Answer(1);
  ASSERT_TRUE(done_);
  done_.reset();
  entries_.clear();
  Run(3);  // Two are known.
  ASSERT_EQ(entries_.size(), 1);
  EXPECT_EQ(entries_[0].task.source_ids, std::vector<TokenId>{2});
  EXPECT_FALSE(done_);
  Answer(0);
  ASSERT_TRUE(done_);
  EXPECT_TRUE(done_->ok());
  done_.reset();
  entries_.clear();
  Run(3);  // All are: answered at once.
  EXPECT_THAT(entries_, IsEmpty());
  ASSERT_TRUE(done_);
  EXPECT_TRUE(done_->ok());
  EXPECT_THAT(good_, ElementsAre(0, 1, 0, 1, 2, 0, 1, 2));
  done_.reset();
  Run(1, {.no_cache = true});
  EXPECT_EQ(entries_.size(), 1);
}

TEST_F(TaskGroupTest, ARefusedGroupEndsOnceWithACache) {
  model_->cache = std::make_shared<ResultCache>(1 << 20);
  Run(4);  // The queue holds three.
  ASSERT_TRUE(done_);
  EXPECT_TRUE(absl::IsResourceExhausted(done_->status()));
  EXPECT_THAT(entries_, IsEmpty());
  done_.reset();
  // Nothing is under way that nobody computes.
  Run(3);
  EXPECT_EQ(entries_.size(), 3);
}

}  // namespace
}  // namespace parley
