// What happens to tasks and steps, told as it happens, so that it can be
// counted above this folder.
#ifndef PARLEY_SERVER_BATCHING_OBSERVER_H_
#define PARLEY_SERVER_BATCHING_OBSERVER_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace parley {

enum class RejectReason {
  kQueueFull,   // --max_queued_tasks.
  kQueueDelay,  // The estimated wait is above --max_queue_delay.
  kDeadline,    // The estimated wait is above what the caller's deadline left.
  kClosed,      // The model is going away.
};

// Where a task was when nobody waited for it any more.
enum class LeaveStage { kQueued, kActive };

// One step of one engine.
struct StepReport {
  absl::Duration time;
  int64_t num_encoder_tokens = 0;
  int64_t num_rows = 0;  // Of the decoder.
};

// What an engine holds.
struct EngineLoad {
  int64_t num_tasks = 0;
  int64_t num_rows = 0;   // That those take at most.
  int64_t kv_blocks = 0;  // Taken or reserved.
};

// A task that was answered with a result.
struct TaskReport {
  absl::Duration compute_time;
  int64_t num_source_tokens = 0;
  int64_t num_target_tokens = 0;  // Of its first hypothesis.
};

// Of one model; several replicas tell the same one. Implementations are
// thread-safe and quick, and do not call back: they are called under locks, on
// the runner's thread and on those that push.
class BatchingObserver {
 public:
  virtual ~BatchingObserver() = default;

  virtual void OnRejected(RejectReason reason, int64_t num_tasks) {}
  virtual void OnAdmitted(absl::Duration queue_time) {}
  // After the step in which a translation got its first token, which it does
  // once, whether it is evicted or not; `since`: it was queued.
  virtual void OnFirstToken(absl::Duration since) {}
  virtual void OnStep(const StepReport& step) {}
  // What engine `replica` holds has changed.
  virtual void OnLoad(size_t replica, const EngineLoad& load) {}
  virtual void OnFinished(const TaskReport& task) {}
  // Failed by itself.
  virtual void OnFailed(const absl::Status& status) {}
  // Cancelled, late, or its model going away.
  virtual void OnDropped(LeaveStage stage, const absl::Status& why) {}
  virtual void OnEvicted() {}
  // A result that was asked for was kept or under way already, or was not.
  virtual void OnCacheHit() {}
  virtual void OnCacheMiss() {}
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_OBSERVER_H_
