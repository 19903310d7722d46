// One engine of a model and the model's queue, a step at a time.
#ifndef PARLEY_SERVER_BATCHING_ENGINE_DRIVER_H_
#define PARLEY_SERVER_BATCHING_ENGINE_DRIVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "engine/api/engine.h"
#include "server/batching/completion_thread.h"
#include "server/batching/policy.h"
#include "server/batching/served_model.h"
#include "server/batching/step_efficiency.h"
#include "server/batching/task_queue.h"
#include "server/batching/throughput.h"

namespace parley {

// What a runner does with one engine. It neither waits nor calls anybody back:
// what there is to say is appended to `messages`, an answer for each entry that
// has left the queue exactly once.
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
  // waiting ones, in the queue's order, for as long as they fit and the next
  // step can encode them. Leaves nothing in the queue unless the engine has
  // work.
  void Prepare(std::vector<Message>* messages);

  // Whether Step has anything to do.
  bool has_work() const { return !active_.empty(); }

  // Whether it never will have again: its queue is closed and empty.
  bool is_done() const;

  // Runs one step of the engine. A task that it evicts goes back to the queue.
  // REQUIRES: has_work()
  void Step(std::vector<Message>* messages);

  // Closes the queue with `status`; those that wait are still worked on.
  void Close(const absl::Status& status) { model_->queue->Close(status); }

  // Answers everything, waiting and active, with `status`, and closes the
  // queue with it.
  void Abandon(const absl::Status& status, std::vector<Message>* messages);

 private:
  struct ActiveTask {
    QueueEntry entry;  // Its `task` is with the engine.
    absl::Time admitted;
    int64_t num_source_tokens = 0;
    size_t num_decided = 0;  // Tokens, in this admission.
  };

  // What a call has in the engine.
  struct CallLoad {
    int64_t num_tasks = 0;
    int64_t num_rows = 0;
  };

  static Answer AnswerActive(ActiveTask active,
                             absl::StatusOr<TaskResult> result, absl::Time now);

  // Of those that wait.
  void DropDead(absl::Time now, std::vector<Message>* messages);
  void DropUnwanted(absl::Time now, std::vector<Message>* messages);
  EngineRoom Room() const;
  static int64_t RowsOfSeveral(const CallLoad& call);
  void AddLoad(const QueueEntry& entry);
  void SubtractLoad(const QueueEntry& entry);
  PlaceInCall PlaceOf(const QueueEntry& entry) const;
  // Whether another task may be tried.
  bool AdmitNext(absl::Time now, std::vector<Message>* messages);
  void ReportLoad() const;
  // After a step, of all that were admitted before it.
  void BeginTasks(absl::Time now);
  // Sets resting_ for the next step.
  void ChooseWhoRests();
  // Of the step that has just been.
  void MeasureSpeed(absl::Time begin, absl::Time end);
  void TellProgress(TaskProgress progress, std::vector<Message>* messages);
  // INTERNAL where the engine's account does not fit what it was given.
  absl::Status Settle(StepResult* result, std::vector<Message>* messages);
  void Lose(const absl::Status& cause, std::vector<Message>* messages);

  const std::shared_ptr<ServedModel> model_;
  const size_t replica_;
  Engine* const engine_;  // The model's.
  const Options options_;
  Throughput throughput_;
  StepEfficiency efficiency_;
  // When the last step ended that left the engine with work; until then the
  // time since was the engine's.
  std::optional<absl::Time> busy_since_;
  absl::flat_hash_map<TaskId, ActiveTask> active_;
  TaskId next_id_ = 1;
  StepResult step_result_;   // Kept for its buffers.
  int64_t active_rows_ = 0;  // That the active tasks take at most.
  int64_t active_work_ = 0;  // And their cost's work.
  absl::flat_hash_map<const void*, CallLoad> calls_;  // By QueueEntry::call.
  int64_t rows_of_several_ = 0;  // Of active_rows_: calls with several tasks.
  std::vector<TaskId> unbegun_;  // Admitted, without a token yet.
  std::vector<TaskId> resting_;  // See StepBudget.
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_ENGINE_DRIVER_H_
