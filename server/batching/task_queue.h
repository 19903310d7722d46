// Where tasks wait for a model's engines: bounded, in a fair order.
#ifndef PARLEY_SERVER_BATCHING_TASK_QUEUE_H_
#define PARLEY_SERVER_BATCHING_TASK_QUEUE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
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
#include "server/batching/fair_order.h"
#include "server/batching/observer.h"

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

// Who waits for a task that several callers share. Thread-safe.
class Interest {
 public:
  virtual ~Interest() = default;

  // As the function of that name (server/batching/policy.h). What it said is
  // unwanted stays so: nobody joins those who waited.
  virtual absl::Status StillWanted(absl::Time now) = 0;
};

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
  // Also decides, where it is not null.
  std::shared_ptr<Interest> interest;
  Flow flow;  // Whose shares it counts against.
  // The same for all tasks of a call, for which it stands; null: its only one.
  std::shared_ptr<const void> call;
  // Whether a long queue may refuse it. Not so where its owner bounds what it
  // has waiting, and would only push it again.
  bool is_refusable = true;
  // Called exactly once, for every entry that Push has taken, on the runner's
  // completion thread.
  absl::AnyInvocable<void(TaskOutcome)> done;
  // Called with the tokens that the task has decided since the last call (see
  // TaskProgress), in their order, before `done`, on the same thread or, of
  // what others' task had decided before, on that which asked (ResultCache).
  // Null: not wanted. An eviction repeats nothing.
  std::function<void(std::vector<TokenId>)> progress;

  // Set by the queue and the driver.
  absl::Time enqueued;
  double place = 0;       // See FairOrder.
  uint64_t sequence = 0;  // The younger, the greater.
  // Tokens that `progress` has been told of.
  size_t num_told = 0;
  bool has_begun = false;  // A step has taken it, if before an eviction.
  // When others first went past it, because there was no room for it.
  absl::Time passed_since = absl::InfiniteFuture();
};

// A call that wants to push tasks.
struct Newcomer {
  Flow flow;
  absl::Time deadline = absl::InfiniteFuture();
  bool is_refusable = true;  // See QueueEntry.
  int64_t num_tasks = 1;
};

// What becomes of an entry that is offered (TaskQueue::Pop).
enum class Admission {
  kNow,
  kNoRoom,  // It stays; others pass it for a while.
  kYields,  // It stays; others pass it.
};

// An entry that nobody waits for any more.
struct DeadEntry {
  QueueEntry entry;
  absl::Status why;  // See StillWanted (server/batching/policy.h).
};

struct QueueState {
  int64_t num_tasks = 0;
  absl::Duration oldest_age;  // Zero where none waits.
};

// The order is that of FairOrder: the oldest of each flow first, flows by
// their shares. Thread-safe.
class TaskQueue {
 public:
  struct Options {
    // Waiting tasks at most.
    int64_t max_tasks = 16384;
    // Calls that would wait longer than this for their first task to be taken
    // are refused.
    absl::Duration max_delay = absl::InfiniteDuration();
    std::function<absl::Time()> clock = absl::Now;
    // Told of what is refused; not null.
    std::shared_ptr<BatchingObserver> observer =
        std::make_shared<BatchingObserver>();
  };

  explicit TaskQueue(const Options& options);
  // Entries that still wait, because no runner ever drove the queue, are
  // answered with UNAVAILABLE on this thread.
  ~TaskQueue();
  TaskQueue(const TaskQueue&) = delete;
  TaskQueue& operator=(const TaskQueue&) = delete;

  // Takes all entries of one call, or none: the status given to Close once
  // closed, else as CheckRoom. Never blocks long. Entries move away iff OK.
  absl::Status Push(std::vector<QueueEntry>&& entries);

  // Whether Push would take a call now, for those who have work to do before
  // they can push. RESOURCE_EXHAUSTED, with a hint when to try again
  // (base/retry_after.h), where the tasks do not fit now, or where the first of
  // them is expected to wait longer than max_delay or than its deadline lets
  // it; tasks that nobody waits for any more stand in nobody's way. What is
  // refused is told to the observer.
  absl::Status CheckRoom(const Newcomer& newcomer);

  // Called (on the pushing thread) after entries have come or the queue was
  // closed, so that a runner can sleep. Set once, before the first Push. It
  // may be called for a moment yet after a last entry was answered, so what it
  // uses must belong to it.
  void SetListener(std::function<void()> listener);

  // The first entry that `consider` admits. Those before it stay where they
  // are. Where there is no room for them they are passed by others only for a
  // while (MayPass): then nothing is taken until they are. `consider` must not
  // call the queue.
  std::optional<QueueEntry> Pop(
      absl::FunctionRef<Admission(const QueueEntry&)> consider);

  // Removes and returns entries that nobody waits for any more at `now`, the
  // first first. A long queue is not looked through each time, so some may be
  // found a moment later.
  std::vector<DeadEntry> TakeDead(absl::Time now);

  // Puts back an entry that had been popped, in its place. Neither a full nor a
  // closed queue refuses it.
  void PutBack(QueueEntry entry);

  // Says how fast an engine works (Throughput), in place of what it said
  // before; `replica` from 0.
  void SetRate(size_t replica, double work_per_second);

  // Says how much work (TaskCost) is in an engine, as SetRate.
  void SetLoad(size_t replica, int64_t work);

  // Whether no engine has less in it. Those that have more leave what waits to
  // the others, who will take it before their next steps.
  bool IsLeastLoaded(size_t replica) const;

  // Refuses entries from now on with `status`; those that wait can still be
  // popped. Only the first call's status counts. REQUIRES: !status.ok()
  void Close(absl::Status status);

  // OK while open, then the status given to Close.
  absl::Status closed() const;

  int64_t size() const;
  QueueState state() const;
  int64_t max_tasks() const { return options_.max_tasks; }

 private:
  using Place = std::pair<double, uint64_t>;  // And sequence.

  // Why a call would not be taken.
  struct Refusal {
    RejectReason reason;
    absl::Status status;
  };

  absl::Status Check(const Newcomer& newcomer, absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::optional<Refusal> WhyRefused(const Newcomer& newcomer,
                                    absl::Time now) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Moves what nobody waits for any more from entries_ to dead_, where it is
  // time to look; whether there was any.
  bool FindDead(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Until a task of that flow would be taken, as a rule sooner; zero where that
  // is not known.
  absl::Duration ExpectedWait(const Flow& flow) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Options options_;
  std::function<void()> listener_;
  mutable absl::Mutex mutex_;
  std::map<Place, QueueEntry> entries_ ABSL_GUARDED_BY(mutex_);
  std::vector<DeadEntry> dead_ ABSL_GUARDED_BY(mutex_);  // To be taken.
  absl::Time next_look_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  FairOrder order_ ABSL_GUARDED_BY(mutex_);
  struct Replica {
    double rate = 0;
    int64_t load = 0;
  };
  Replica& At(size_t replica) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<Replica> replicas_ ABSL_GUARDED_BY(mutex_);
  uint64_t next_sequence_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status closed_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_TASK_QUEUE_H_
