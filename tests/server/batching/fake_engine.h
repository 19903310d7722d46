// An engine without a model: a task takes max_new_tokens steps, and its
// hypothesis k is its source backwards, each token k higher.
#ifndef PARLEY_TESTS_SERVER_BATCHING_FAKE_ENGINE_H_
#define PARLEY_TESTS_SERVER_BATCHING_FAKE_ENGINE_H_

#include <cstdint>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/api/engine.h"
#include "server/batching/served_model.h"

namespace parley {

// Thread rule: Engine's. What a test reads or sets here meanwhile, it reads or
// sets in `before_step`, or while nothing runs.
class FakeEngine : public Engine {
 public:
  int64_t max_rows = 4;
  int64_t max_source_tokens = INT64_MAX;  // Of a task; more is never taken.
  int64_t max_encoder_tokens = 1 << 30;
  // Called first thing in each step; an error loses the engine.
  std::function<absl::Status(FakeEngine&)> before_step;
  int num_to_evict = 0;           // In the next step, the youngest first.
  absl::Status fail_youngest;     // In the next step, unless OK.
  std::vector<TokenId> admitted;  // First source token of each, in order.
  std::vector<std::vector<TokenId>> target_tokens;  // Of each.

  absl::StatusOr<TaskCost> Cost(const Task& task) const override {
    if (task.source_ids.empty()) return absl::InvalidArgumentError("no source");
    if (task.search.num_beams > max_rows) {
      return absl::ResourceExhaustedError("more rows than the engine has");
    }
    if (std::ssize(task.source_ids) > max_source_tokens) {
      return absl::ResourceExhaustedError("a longer source than there is room");
    }
    return TaskCost{.encoder_tokens = std::ssize(task.source_ids),
                    .max_rows = task.search.num_beams,
                    .work = std::ssize(task.source_ids) +
                            task.search.num_beams * task.search.max_new_tokens};
  }

  Capacity capacity() const override {
    Capacity free = max_capacity();
    for (const auto& [id, active] : active_) {
      free.rows -= active.search.num_beams;
      if (num_steps_of_.at(id) == 0) {
        free.encoder_tokens -= std::ssize(active.source_ids);
      }
    }
    return free;
  }

  Capacity max_capacity() const override {
    return {.encoder_tokens = max_encoder_tokens,
            .rows = max_rows,
            .kv_blocks = 1 << 30};
  }

  absl::Status Admit(TaskId id, Task task) override {
    absl::StatusOr<TaskCost> cost = Cost(task);
    if (!cost.ok()) return cost.status();
    if (cost->max_rows > capacity().rows) {
      return absl::ResourceExhaustedError("no rows");
    }
    admitted.push_back(task.source_ids.front());
    target_tokens.push_back(task.target_tokens);
    active_.emplace(id, std::move(task));
    num_steps_of_[id] = 0;
    return absl::OkStatus();
  }

  void Remove(TaskId id) override { active_.erase(id); }

  absl::Status Step(const StepBudget& budget, StepResult* result) override {
    *result = {};
    if (before_step) {
      absl::Status status = before_step(*this);
      if (!status.ok()) return status;
    }
    if (!fail_youngest.ok() && !active_.empty()) {
      const TaskId id = active_.rbegin()->first;
      result->failed.push_back({id, std::exchange(fail_youngest, {})});
      active_.erase(id);
    }
    for (; num_to_evict > 0 && !active_.empty(); --num_to_evict) {
      auto node = active_.extract(std::prev(active_.end()));
      result->evicted.push_back({node.key(), std::move(node.mapped())});
    }
    for (auto it = active_.begin(); it != active_.end();) {
      const auto current = it++;
      const Task& task = current->second;
      int& num_steps = num_steps_of_[current->first];
      if (num_steps == 0) {
        result->num_encoder_tokens += std::ssize(task.source_ids);
      }
      if (absl::c_binary_search(budget.resting, current->first)) continue;
      ++num_steps;
      result->num_rows += task.search.num_beams;
      if (num_steps < task.search.max_new_tokens) {
        if (task.wants_progress) Tell(*current, result);
        continue;
      }
      result->finished.push_back({current->first, Answer(current->second)});
      active_.erase(current);
    }
    return absl::OkStatus();
  }

  int64_t num_tasks() const override { return std::ssize(active_); }

  static std::vector<Hypothesis> Answer(const Task& task) {
    std::vector<Hypothesis> hypotheses(task.search.num_hypotheses);
    for (int k = 0; k < std::ssize(hypotheses); ++k) {
      Hypothesis& hypothesis = hypotheses[k];
      hypothesis.token_ids.assign(task.source_ids.rbegin(),
                                  task.source_ids.rend());
      for (TokenId& id : hypothesis.token_ids) id += k;
      hypothesis.token_log_probs.assign(hypothesis.token_ids.size(),
                                        -0.5f * (k + 1));
      hypothesis.log_prob = -0.5f * (k + 1) * hypothesis.token_ids.size();
      hypothesis.score = -0.5f * (k + 1);
    }
    return hypotheses;
  }

 private:
  // One token more of the answer, after each step.
  void Tell(const std::pair<const TaskId, Task>& task, StepResult* result) {
    const int step = num_steps_of_[task.first] - 1;
    const std::vector<TokenId> answer = Answer(task.second).front().token_ids;
    if (step >= std::ssize(answer)) return;
    result->progress.push_back({task.first, {answer[step]}});
  }

  std::map<TaskId, Task> active_;  // Oldest admission first.
  std::map<TaskId, int> num_steps_of_;
};

// A model that a FakeEngine runs; *engine stays valid as long as it.
inline std::shared_ptr<ServedModel> FakeModel(
    const TaskQueue::Options& queue_options, FakeEngine** engine) {
  auto model = std::make_shared<ServedModel>();
  model->name = "fake";
  auto fake_engine = std::make_unique<FakeEngine>();
  *engine = fake_engine.get();
  model->engines.push_back(std::move(fake_engine));
  model->queue = std::make_unique<TaskQueue>(queue_options);
  return model;
}

// A task named by its only source token.
inline Task FakeTask(TokenId name, int num_steps, int num_beams = 1) {
  return {.source_ids = {name},
          .search = {.num_beams = num_beams, .max_new_tokens = num_steps}};
}

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_BATCHING_FAKE_ENGINE_H_
