#include "server/pipeline/task_group.h"

#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace parley {
namespace {

// A group that waits for the engine, shared by the callbacks of its entries.
class PendingGroup {
 public:
  explicit PendingGroup(TaskGroup group)
      : group_(std::move(group)), num_pending_(std::ssize(group_.tasks)) {}

  std::vector<PreparedTask>& tasks() { return group_.tasks; }

  // The callback of an entry.
  void Complete(size_t index, TaskOutcome outcome) {
    absl::Status of_whole_call;
    if (IsOfWholeCall(outcome.result.status())) {
      of_whole_call = outcome.result.status();
    } else {
      group_.each(index, std::move(outcome.result));
    }
    {
      absl::MutexLock lock(&mutex_);
      if (status_.ok()) status_ = std::move(of_whole_call);
      if (--num_pending_ > 0) return;
    }
    Finish({.queue = outcome.queue_time, .compute = outcome.compute_time});
  }

  void Refuse(absl::Status status) { group_.done(std::move(status)); }

 private:
  // After the last: nobody else is here any more.
  void Finish(const CallTiming& timing) ABSL_NO_THREAD_SAFETY_ANALYSIS {
    if (status_.ok()) {
      group_.done(timing);
    } else {
      group_.done(std::move(status_));
    }
  }

  TaskGroup group_;
  absl::Mutex mutex_;
  int64_t num_pending_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);  // Of the whole call.
};

}  // namespace

void RunTasks(TaskGroup group, const CallContext& context, TaskQueue* queue) {
  if (group.tasks.empty()) {
    group.done(CallTiming());
    return;
  }
  const auto pending = std::make_shared<PendingGroup>(std::move(group));
  std::vector<PreparedTask> tasks = std::move(pending->tasks());
  std::vector<QueueEntry> entries(tasks.size());
  for (size_t i = 0; i < tasks.size(); ++i) {
    entries[i].task = std::move(tasks[i].task);
    entries[i].cost = tasks[i].cost;
    entries[i].use_shortlist = tasks[i].use_shortlist;
    entries[i].deadline = context.deadline;
    entries[i].cancel = context.cancel;
    entries[i].flow = context.flow;
    entries[i].is_refusable = context.is_refusable;
    entries[i].done = [pending, i](TaskOutcome outcome) {
      pending->Complete(i, std::move(outcome));
    };
  }
  // Once this is OK, the group is the callbacks'.
  absl::Status pushed = queue->Push(std::move(entries));
  if (!pushed.ok()) pending->Refuse(std::move(pushed));
}

}  // namespace parley
