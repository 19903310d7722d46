// Drives an engine by hand.
#ifndef PARLEY_TESTS_ENGINE_RUNTIME_RUN_TASKS_H_
#define PARLEY_TESTS_ENGINE_RUNTIME_RUN_TASKS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/api/engine.h"

namespace parley {

struct RunOptions {
  // Tasks admitted before each step at most, where they fit.
  int max_admitted_per_step = 1 << 20;
  int64_t max_encoder_tokens = 4096;
  // Of every so many tasks, one decodes in a step, another in the next.
  size_t num_turns = 1;
};

// Runs all tasks to their end, admitting them in order and evicted ones again;
// returns the hypotheses of each. A task that fails fails the test.
std::vector<std::vector<Hypothesis>> RunTasks(Engine& engine,
                                              const std::vector<Task>& tasks,
                                              const RunOptions& options = {});

// The same of any tasks, with all of their results.
std::vector<TaskResult> RunAnyTasks(Engine& engine,
                                    const std::vector<Task>& tasks,
                                    const RunOptions& options = {});

// Tasks that RunTasks saw evicted the last time.
int64_t NumEvictions();

// What each task of the last run has told of its progress, in the end and all
// together. That it is a prefix of the best hypothesis is checked on the way.
const std::vector<std::vector<TokenId>>& ToldTokens();

}  // namespace parley

#endif  // PARLEY_TESTS_ENGINE_RUNTIME_RUN_TASKS_H_
