#include "server/pipeline/task_group.h"

#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"

namespace parley {
namespace {

// A group that waits for the engine, shared by the callbacks of its entries.
// The group's `each` and `progress` are called under the mutex: they neither
// block nor come back here.
class PendingGroup {
 public:
  PendingGroup(TaskGroup group, const CallContext& context)
      : context_(context),
        group_(std::move(group)),
        ended_(group_.tasks.size()),
        num_pending_(std::ssize(group_.tasks)) {}

  // Before anything is called.
  std::vector<PreparedTask> TakeTasks() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return std::move(group_.tasks);
  }

  // The callbacks of an entry.
  void Progress(size_t index, std::vector<TokenId> token_ids) {
    absl::MutexLock lock(&mutex_);
    if (!ended_[index]) group_.progress(index, std::move(token_ids));
  }
  void Complete(size_t index, TaskOutcome outcome) {
    {
      absl::MutexLock lock(&mutex_);
      if (ended_[index]) return;
      timing_ = {.queue = outcome.queue_time, .compute = outcome.compute_time};
      End(index, std::move(outcome.result));
      if (num_pending_ > 0) return;
    }
    Finish();
  }

  // Ends what has not ended.
  void Expire() {
    {
      absl::MutexLock lock(&mutex_);
      if (num_pending_ == 0) return;
      for (size_t i = 0; i < ended_.size(); ++i) {
        if (ended_[i]) continue;
        End(i, absl::DeadlineExceededError("the call's time is up"));
      }
    }
    Finish();
  }

  void Refuse(absl::Status status) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    group_.done(std::move(status));
  }

  // Kept for as long as this.
  void SetTimer(std::shared_ptr<void> timer) {
    absl::MutexLock lock(&mutex_);
    timer_ = std::move(timer);
  }

 private:
  void End(size_t index, absl::StatusOr<TaskResult> result)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    ended_[index] = true;
    --num_pending_;
    if (!IsOfWholeCall(result.status(), context_)) {
      group_.each(index, std::move(result));
    } else if (status_.ok()) {
      status_ = std::move(result).status();
    }
  }

  // After the last: nobody else reads or writes what is used here any more.
  void Finish() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (status_.ok()) {
      group_.done(timing_);
    } else {
      group_.done(std::move(status_));
    }
  }

  const CallContext context_;
  absl::Mutex mutex_;
  TaskGroup group_ ABSL_GUARDED_BY(mutex_);
  std::vector<bool> ended_ ABSL_GUARDED_BY(mutex_);  // [num_tasks]
  int64_t num_pending_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);  // Of the whole call.
  CallTiming timing_ ABSL_GUARDED_BY(mutex_);    // Of the task that ended last.
  std::shared_ptr<void> timer_ ABSL_GUARDED_BY(mutex_);
};

QueueEntry MakeEntry(PreparedTask prepared, const CallContext& context) {
  QueueEntry entry;
  entry.task = std::move(prepared.task);
  entry.cost = prepared.cost;
  entry.use_shortlist = prepared.use_shortlist;
  entry.cancel = context.cancel;
  entry.flow = context.flow;
  entry.is_refusable = context.is_refusable;
  return entry;
}

}  // namespace

void RunTasks(TaskGroup group, const CallContext& context, TaskQueue* queue) {
  if (group.tasks.empty()) {
    group.done(CallTiming());
    return;
  }
  const absl::Time deadline = AnswerDeadline(context, absl::Now());
  const bool wants_progress = group.progress != nullptr;
  const auto pending =
      std::make_shared<PendingGroup>(std::move(group), context);
  std::vector<QueueEntry> entries;
  for (PreparedTask& task : pending->TakeTasks()) {
    const size_t index = entries.size();
    QueueEntry& entry =
        entries.emplace_back(MakeEntry(std::move(task), context));
    entry.deadline = deadline;
    entry.done = [pending, index](TaskOutcome outcome) {
      pending->Complete(index, std::move(outcome));
    };
    if (!wants_progress) continue;
    entry.task.wants_progress = true;
    entry.progress = [pending, index](std::vector<TokenId> token_ids) {
      pending->Progress(index, std::move(token_ids));
    };
  }
  // Once this is OK, the group is the callbacks'.
  absl::Status pushed = queue->Push(std::move(entries));
  if (!pushed.ok()) {
    pending->Refuse(std::move(pushed));
  } else if (context.allow_partial && context.call_at != nullptr &&
             deadline < absl::InfiniteFuture()) {
    pending->SetTimer(context.call_at(
        deadline, [pending = std::weak_ptr<PendingGroup>(pending)] {
          if (const auto group = pending.lock()) group->Expire();
        }));
  }
}

}  // namespace parley
