// The engine as the server sees it: tasks are admitted, steps are run.
#ifndef PARLEY_ENGINE_API_ENGINE_H_
#define PARLEY_ENGINE_API_ENGINE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/api/task.h"

namespace parley {

// What a task takes while it is in the engine.
struct TaskCost {
  int64_t encoder_tokens = 0;  // Read in its first step.
  int64_t max_rows = 0;        // Decoder rows of any step at most.
  int64_t kv_blocks = 0;       // Of the KV pool, expected.
  // Rows that it sends through the model in all its steps, source tokens and
  // decoder rows alike, expected: what its computing takes, roughly.
  int64_t work = 0;
};

// What an engine has room for now, in the units of TaskCost.
struct Capacity {
  int64_t encoder_tokens = 0;
  int64_t rows = 0;
  int64_t kv_blocks = 0;
};

// Bounds one step.
struct StepBudget {
  // Source tokens encoded at most; one task above it is encoded alone.
  int64_t max_encoder_tokens = 0;
  // Tasks that decode nothing in it, rising. They are encoded like others, and
  // keep their room.
  absl::Span<const TaskId> resting = {};
};

struct FinishedTask {
  TaskId id = 0;
  TaskResult result;
};

struct FailedTask {
  TaskId id = 0;
  absl::Status status;
};

// A task that left because the KV pool ran out. It comes back by being
// admitted again, is computed anew, and ends with the same bits.
struct EvictedTask {
  TaskId id = 0;
  Task task;
};

// Tokens that a task has decided, and will not take back: they follow those it
// told of in earlier steps. In a beam search, what all live hypotheses share.
// Together they are a prefix of the first hypothesis's token_ids; what is left
// of that comes with the result. A task that was evicted begins anew.
struct TaskProgress {
  TaskId id = 0;
  std::vector<TokenId> token_ids;  // Not empty.
};

// What became of tasks in one step. A task that is named in the first three has
// left.
struct StepResult {
  std::vector<FinishedTask> finished;
  std::vector<FailedTask> failed;
  std::vector<EvictedTask> evicted;
  // Only of tasks that want it, are still there, and have news.
  std::vector<TaskProgress> progress;
  int64_t num_encoder_tokens = 0;  // That the step has read.
  int64_t num_rows = 0;            // Decoder rows that it has computed.
};

// Runs tasks of one model, any number together, each in its own way: a task's
// result does not depend on its company, bit for bit. Tasks of encoder models
// are finished after one step.
//
// Thread rule: one thread at a time (the runner) calls everything but Cost,
// which any thread may call at any time.
// Ownership: a task belongs to the engine from a successful Admit until Step
// reports it or Remove takes it out.
class Engine {
 public:
  virtual ~Engine() = default;

  // What `task` takes. An error (INVALID_ARGUMENT for what the model cannot
  // take, RESOURCE_EXHAUSTED for what would not fit an empty engine) means
  // that it can never be admitted, and says why.
  virtual absl::StatusOr<TaskCost> Cost(const Task& task) const = 0;

  virtual Capacity capacity() const = 0;

  // What an empty engine has room for. Any thread.
  virtual Capacity max_capacity() const = 0;

  // Takes `task` in, to take part from the next step on. RESOURCE_EXHAUSTED
  // means later; other errors are those of Cost. After an error nothing has
  // changed.
  // REQUIRES: no task with this `id` is in the engine.
  virtual absl::Status Admit(TaskId id, Task task) = 0;

  // Takes a task out before the next step. Without effect where it is not in
  // the engine.
  virtual void Remove(TaskId id) = 0;

  // Runs one step of every active task: encodes those new to it, and takes each
  // other one token further, as far as `budget` allows. Replaces what
  // *result held. An error means that the engine is lost with all its tasks.
  virtual absl::Status Step(const StepBudget& budget, StepResult* result) = 0;

  // Tasks now in the engine.
  virtual int64_t num_tasks() const = 0;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_API_ENGINE_H_
