#include "tests/engine/runtime/run_tasks.h"

#include <deque>
#include <utility>

#include "gtest/gtest.h"

namespace parley {
namespace {

int64_t num_evictions = 0;

struct Waiting {
  TaskId id = 0;
  Task task;
};

void AdmitWhatFits(Engine& engine, int max_tasks, std::deque<Waiting>& queue) {
  for (int i = 0; i < max_tasks && !queue.empty(); ++i) {
    const absl::Status status =
        engine.Admit(queue.front().id, queue.front().task);
    if (absl::IsResourceExhausted(status) && engine.num_tasks() > 0) return;
    ASSERT_TRUE(status.ok()) << status;
    queue.pop_front();
  }
}

}  // namespace

std::vector<std::vector<Hypothesis>> RunTasks(Engine& engine,
                                              const std::vector<Task>& tasks,
                                              const RunOptions& options) {
  std::vector<std::vector<Hypothesis>> hypotheses;
  for (TaskResult& result : RunAnyTasks(engine, tasks, options)) {
    hypotheses.push_back(std::move(result.hypotheses));
  }
  return hypotheses;
}

std::vector<TaskResult> RunAnyTasks(Engine& engine,
                                    const std::vector<Task>& tasks,
                                    const RunOptions& options) {
  num_evictions = 0;
  std::deque<Waiting> queue;
  for (size_t i = 0; i < tasks.size(); ++i) queue.push_back({i, tasks[i]});
  std::vector<TaskResult> results(tasks.size());
  StepResult result;
  while (!queue.empty() || engine.num_tasks() > 0) {
    AdmitWhatFits(engine, options.max_admitted_per_step, queue);
    if (testing::Test::HasFatalFailure()) return results;
    const absl::Status status = engine.Step(
        {.max_encoder_tokens = options.max_encoder_tokens}, &result);
    EXPECT_TRUE(status.ok()) << status;
    if (!status.ok()) return results;
    for (FinishedTask& finished : result.finished) {
      results[finished.id] = std::move(finished.result);
    }
    for (const FailedTask& failed : result.failed) {
      ADD_FAILURE() << "task " << failed.id << ": " << failed.status;
    }
    for (EvictedTask& evicted : result.evicted) {
      ++num_evictions;
      queue.push_front({evicted.id, std::move(evicted.task)});
    }
  }
  return results;
}

int64_t NumEvictions() { return num_evictions; }

}  // namespace parley
