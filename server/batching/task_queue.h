// Where tasks wait for a model's engine: bounded, oldest first.
#ifndef PARLEY_SERVER_BATCHING_TASK_QUEUE_H_
#define PARLEY_SERVER_BATCHING_TASK_QUEUE_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/api/engine.h"
#include "engine/api/task.h"

namespace parley {

// Set by whoever no longer wants an answer, read by the runner before each
// step. Shared by all tasks of a call. Any thread.
class CancelFlag {
 public:
  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> cancelled_{false};
};

// Shares of the work where tasks of several wait: 4 to 2 to 1.
enum class Priority { kHigh, kNormal, kLow };

// What became of a task.
struct TaskOutcome {
  // Or CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE (the server is
  // going down), INTERNAL (the engine was lost), or what the engine said.
  absl::StatusOr<TaskResult> result;
  // From Push until admitted; of a task that was evicted, the last time.
  absl::Duration queue_time;
  absl::Duration compute_time;  // From admitted until finished.
};

// A task that waits, with all that the engine need not know.
struct QueueEntry {
  Task task;
  TaskCost cost;
  // Whether the model's shortlist chooses task.target_tokens. It does when the
  // task is admitted: they are a hundred times its source, too much to wait
  // with.
  bool use_shortlist = false;
  absl::Time deadline = absl::InfiniteFuture();
  std::shared_ptr<const CancelFlag> cancel;  // May be null.
  Priority priority = Priority::kNormal;
  // Who asks: callers share the engine fairly. Any text.
  std::string caller;
  // Whether a long queue may refuse it. Not so where its owner bounds what it
  // has waiting, and would only push it again.
  bool is_refusable = true;
  // Called exactly once, for every entry that Push has taken, on the runner's
  // completion thread.
  absl::AnyInvocable<void(TaskOutcome)> done;
  // Called with the tokens that the task has decided since the last call (see
  // TaskProgress), in their order, before `done`, on the same thread. Null: not
  // wanted. An eviction repeats nothing.
  std::function<void(std::vector<TokenId>)> progress;
  absl::Time enqueued;    // Set by Push.
  uint64_t sequence = 0;  // Set by Push: the younger, the greater.
};

// Thread-safe.
class TaskQueue {
 public:
  struct Options {
    // Waiting tasks at most.
    int64_t max_tasks = 16384;
    std::function<absl::Time()> clock = absl::Now;
  };

  explicit TaskQueue(const Options& options);
  // Entries that still wait, because no runner ever drove the queue, are
  // answered with UNAVAILABLE on this thread.
  ~TaskQueue();
  TaskQueue(const TaskQueue&) = delete;
  TaskQueue& operator=(const TaskQueue&) = delete;

  // Takes all entries, or none: RESOURCE_EXHAUSTED where they do not fit now,
  // the status given to Close once closed. Never blocks long. Entries move
  // away iff OK.
  absl::Status Push(std::vector<QueueEntry>&& entries);

  // Called (on the pushing thread) after entries have come or the queue was
  // closed, so that a runner can sleep. Set once, before the first Push. It
  // may be called for a moment yet after a last entry was answered, so what it
  // uses must belong to it.
  void SetListener(std::function<void()> listener);

  // The oldest entry, if `accept` takes it; the entry stays at the front
  // otherwise. `accept` must not call the queue.
  std::optional<QueueEntry> PopIf(
      absl::FunctionRef<bool(const QueueEntry&)> accept);

  // Removes and returns all entries that are cancelled or whose deadline is
  // not after `now`, the oldest first.
  std::vector<QueueEntry> TakeDead(absl::Time now);

  // Puts back an entry that had been popped, before all younger ones. Neither
  // a full nor a closed queue refuses it.
  void PushFront(QueueEntry entry);

  // Refuses entries from now on with `status`; those that wait can still be
  // popped. Only the first call's status counts. REQUIRES: !status.ok()
  void Close(absl::Status status);

  // OK while open, then the status given to Close.
  absl::Status closed() const;

  int64_t size() const;
  int64_t max_tasks() const { return options_.max_tasks; }

 private:
  const Options options_;
  std::function<void()> listener_;
  mutable absl::Mutex mutex_;
  std::deque<QueueEntry> entries_ ABSL_GUARDED_BY(mutex_);  // Oldest first.
  uint64_t next_sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status closed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_TASK_QUEUE_H_
