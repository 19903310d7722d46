// One model's engine and its queue, a step at a time.
#ifndef PARLEY_SERVER_BATCHING_ENGINE_DRIVER_H_
#define PARLEY_SERVER_BATCHING_ENGINE_DRIVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/api/engine.h"
#include "server/batching/completion_thread.h"
#include "server/batching/served_model.h"
#include "server/batching/task_queue.h"

namespace parley {

// What the runner does with one model. It neither waits nor calls anybody
// back: what there is to say is appended to `answers`, for each entry that has
// left the queue exactly once.
//
// Thread rule: one thread at a time.
// Errors: where the engine is lost, all its tasks and those that wait are
// answered with INTERNAL, and the queue is closed with that status; from then
// on the driver has nothing to do.
class EngineDriver {
 public:
  struct Options {
    StepBudget step_budget;
    std::function<absl::Time()> clock = absl::Now;
  };

  // Drives model->engines[replica].
  EngineDriver(std::shared_ptr<ServedModel> model, size_t replica,
               const Options& options);

  // Drops tasks, waiting or active, that nobody waits for any more; then admits
  // the oldest waiting ones for as long as they fit. Leaves nothing in the
  // queue unless the engine has work.
  void Prepare(std::vector<Answer>* answers);

  // Whether Step has anything to do.
  bool has_work() const { return !active_.empty(); }

  // Whether the queue is closed and all that it took is answered.
  bool is_over() const;

  // Runs one step of the engine. A task that it evicts goes back to the queue.
  // REQUIRES: has_work()
  void Step(std::vector<Answer>* answers);

  // Closes the queue with `status`; those that wait are still worked on.
  void Close(const absl::Status& status) { model_->queue->Close(status); }

  // Answers everything, waiting and active, with `status`, and closes the
  // queue with it.
  void Abandon(const absl::Status& status, std::vector<Answer>* answers);

 private:
  struct ActiveTask {
    QueueEntry entry;  // Its `task` is with the engine.
    absl::Time admitted;
  };

  static Answer AnswerActive(ActiveTask active,
                             absl::StatusOr<TaskResult> result, absl::Time now);

  void DropUnwanted(absl::Time now, std::vector<Answer>* answers);
  // Whether another task may be tried.
  bool AdmitOldest(absl::Time now, std::vector<Answer>* answers);
  // INTERNAL where the engine's account does not fit what it was given.
  absl::Status Settle(StepResult* result, std::vector<Answer>* answers);
  void Lose(const absl::Status& cause, std::vector<Answer>* answers);

  const std::shared_ptr<ServedModel> model_;
  Engine* const engine_;  // The model's.
  const Options options_;
  absl::flat_hash_map<TaskId, ActiveTask> active_;
  TaskId next_id_ = 1;
  StepResult step_result_;  // Kept for its buffers.
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_ENGINE_DRIVER_H_
