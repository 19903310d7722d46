// The tasks of one call in the engine's queue: pushed together, waited for
// together.
#ifndef PARLEY_SERVER_PIPELINE_TASK_GROUP_H_
#define PARLEY_SERVER_PIPELINE_TASK_GROUP_H_

#include <cstddef>
#include <functional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/api/engine.h"
#include "engine/api/task.h"
#include "server/batching/task_queue.h"
#include "server/pipeline/call.h"

namespace parley {

struct PreparedTask {
  Task task;
  TaskCost cost;
  bool use_shortlist = false;  // See QueueEntry.
};

struct TaskGroup {
  std::vector<PreparedTask> tasks;
  // Called once for each task as it ends, in any order, before `done`; not for
  // what ends with a status of the whole call.
  absl::AnyInvocable<void(size_t index, absl::StatusOr<TaskResult> result)>
      each;
  // Called with the tokens that a task has decided since the last call, before
  // `each` for it. Null: not wanted.
  std::function<void(size_t index, std::vector<TokenId> token_ids)> progress;
  // Called exactly once, after all else: with how long the task that ended
  // last was queued and computed, or with the status of the whole call. The
  // tasks' time of tokenizing is not known here.
  absl::AnyInvocable<void(absl::StatusOr<CallTiming> timing)> done;
};

// Queues all of the group's tasks, or none: what the queue says where it
// refuses them is the call's status. Calls back on this thread where there is
// no task or the queue refuses them, else on the runner's completion threads,
// one call at a time.
//
// Where the call takes part of its answer, tasks that are not done by its
// AnswerDeadline end with DEADLINE_EXCEEDED, by context.call_at while the
// engine may still be at its step. Any thread.
void RunTasks(TaskGroup group, const CallContext& context, TaskQueue* queue);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_TASK_GROUP_H_
