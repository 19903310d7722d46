#include "server/pipeline/task_group.h"

#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
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
      : allow_partial_(context.allow_partial),
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

  // Ends the whole of it; what others still compute of it is dropped.
  void Refuse(absl::Status status) {
    {
      absl::MutexLock lock(&mutex_);
      if (num_pending_ == 0) return;
      num_pending_ = 0;
      ended_.assign(ended_.size(), true);
      status_ = std::move(status);
    }
    Finish();
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
    if (!IsOfWholeCall(result.status(), allow_partial_)) {
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

  const bool allow_partial_;
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
  entry.call = context.cancel;
  entry.is_refusable = context.is_refusable;
  return entry;
}

// Drops the entries that the model's cache answers, now or later.
void AskCache(const ServedModel& model, std::vector<QueueEntry>* entries) {
  std::erase_if(*entries, [&model](QueueEntry& entry) {
    std::string key = ResultKey(model.name, model.version, entry);
    const auto found = model.cache->Find(std::move(key), &entry);
    if (found == ResultCache::Found::kNothing) {
      model.observer->OnCacheMiss();
      return false;
    }
    model.observer->OnCacheHit();
    return true;
  });
}

// Others may wait for what they were to compute.
void Refuse(const absl::Status& status, std::vector<QueueEntry>* entries) {
  for (QueueEntry& entry : *entries) entry.done({.result = status});
}

}  // namespace

void RunTasks(TaskGroup group, const CallContext& context,
              std::shared_ptr<const ServedModel> model) {
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
  if (model->cache != nullptr && !context.no_cache) {
    AskCache(*model, &entries);
  }
  // Once this is OK, the group is the callbacks'.
  absl::Status pushed = model->queue->Push(std::move(entries));
  if (!pushed.ok()) {
    pending->Refuse(pushed);
    Refuse(pushed, &entries);
  } else if (context.allow_partial && context.call_at != nullptr &&
             deadline < absl::InfiniteFuture()) {
    pending->SetTimer(context.call_at(
        deadline, [pending = std::weak_ptr<PendingGroup>(pending)] {
          if (const auto group = pending.lock()) group->Expire();
        }));
  }
}

}  // namespace parley
