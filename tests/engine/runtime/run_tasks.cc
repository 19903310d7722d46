#include "tests/engine/runtime/run_tasks.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "gtest/gtest.h"

namespace parley {
namespace {

int64_t num_evictions = 0;
std::vector<std::vector<TokenId>> told_tokens;

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

// All but those whose turn it is.
std::vector<TaskId> Resting(size_t num_tasks, size_t num_turns, size_t step) {
  std::vector<TaskId> resting;
  for (TaskId id = 0; id < num_tasks; ++id) {
    if ((id + step) % num_turns != 0) resting.push_back(id);
  }
  return resting;
}

void TakeProgress(const std::vector<Task>& tasks, const StepResult& result) {
  for (const TaskProgress& progress : result.progress) {
    EXPECT_TRUE(tasks[progress.id].wants_progress) << "task " << progress.id;
    EXPECT_FALSE(progress.token_ids.empty()) << "task " << progress.id;
    std::vector<TokenId>& told = told_tokens[progress.id];
    told.insert(told.end(), progress.token_ids.begin(),
                progress.token_ids.end());
  }
}

void ExpectNothingTakenBack(const FinishedTask& finished) {
  const std::vector<TokenId>& told = told_tokens[finished.id];
  if (told.empty()) return;
  const std::vector<TokenId>& best = finished.result.hypotheses.at(0).token_ids;
  ASSERT_LE(told.size(), best.size()) << "task " << finished.id;
  EXPECT_TRUE(std::equal(told.begin(), told.end(), best.begin()))
      << "task " << finished.id;
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
  told_tokens.assign(tasks.size(), {});
  std::deque<Waiting> queue;
  for (size_t i = 0; i < tasks.size(); ++i) queue.push_back({i, tasks[i]});
  std::vector<TaskResult> results(tasks.size());
  StepResult result;
  size_t step = 0;
  while (!queue.empty() || engine.num_tasks() > 0) {
    AdmitWhatFits(engine, options.max_admitted_per_step, queue);
    if (testing::Test::HasFatalFailure()) return results;
    const std::vector<TaskId> resting =
        Resting(tasks.size(), options.num_turns, step++);
    const absl::Status status = engine.Step(
        {.max_encoder_tokens = options.max_encoder_tokens, .resting = resting},
        &result);
    EXPECT_TRUE(status.ok()) << status;
    if (!status.ok()) return results;
    TakeProgress(tasks, result);
    for (FinishedTask& finished : result.finished) {
      ExpectNothingTakenBack(finished);
      results[finished.id] = std::move(finished.result);
    }
    for (const FailedTask& failed : result.failed) {
      ADD_FAILURE() << "task " << failed.id << ": " << failed.status;
    }
    for (EvictedTask& evicted : result.evicted) {
      ++num_evictions;
      told_tokens[evicted.id].clear();  // It begins anew.
      queue.push_front({evicted.id, std::move(evicted.task)});
    }
  }
  return results;
}

int64_t NumEvictions() { return num_evictions; }

const std::vector<std::vector<TokenId>>& ToldTokens() { return told_tokens; }

}  // namespace parley
