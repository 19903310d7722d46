#include "engine/runtime/encoder_engine.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "engine/kernels/team.h"

namespace parley {
namespace {

// Tokens of tasks that are admitted but not encoded: what a step at its usual
// budget takes, so that the next one need not wait for more. Those that wait
// outside can be cancelled more cheaply, so it is no more.
constexpr int64_t kMaxAdmittedTokens = 8192;

}  // namespace

EncoderEngine::EncoderEngine(EncoderEngineParts parts,
                             const LoadOptions& options, int replica)
    : team_(options, replica),
      model_(std::move(parts.model)),
      defaults_(std::move(parts.defaults)) {
  for (int i = 0; i < team_.size(); ++i) {
    // A longer task has a pass, and the team, for itself.
    const int64_t max_rows =
        i > 0 ? kMaxPassRows
              : std::max<int64_t>(kMaxPassRows, model_->config.max_tokens());
    passes_.push_back(std::make_unique<EncoderPass>(
        model_.get(), EncoderOutputs(model_.get(), defaults_, parts.dense),
        max_rows));
  }
}

absl::StatusOr<TaskCost> EncoderEngine::Cost(const Task& task) const {
  PARLEY_RETURN_IF_ERROR(CheckEncodeTask(task, *model_, defaults_));
  const auto num_tokens = static_cast<int64_t>(task.source_ids.size());
  return TaskCost{.encoder_tokens = num_tokens, .work = num_tokens};
}

Capacity EncoderEngine::capacity() const {
  return {.encoder_tokens = max_capacity().encoder_tokens - num_tokens_};
}

Capacity EncoderEngine::max_capacity() const {
  return {.encoder_tokens = std::max<int64_t>(kMaxAdmittedTokens,
                                              model_->config.max_tokens())};
}

absl::Status EncoderEngine::Admit(TaskId id, Task task) {
  PARLEY_ASSIGN_OR_RETURN(const TaskCost cost, Cost(task));
  const int64_t free = capacity().encoder_tokens;
  if (cost.encoder_tokens > free) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the task has ", cost.encoder_tokens,
                     " tokens, and the engine room for ", free));
  }
  num_tokens_ += cost.encoder_tokens;
  tasks_.push_back({.id = id, .task = std::move(task)});
  return absl::OkStatus();
}

void EncoderEngine::Remove(TaskId id) {
  const auto found = absl::c_find_if(
      tasks_, [id](const AdmittedTask& admitted) { return admitted.id == id; });
  if (found == tasks_.end()) return;
  num_tokens_ -= static_cast<int64_t>(found->task.source_ids.size());
  tasks_.erase(found);
}

absl::Status EncoderEngine::Step(const StepBudget& budget, StepResult* result) {
  *result = {};
  if (tasks_.empty()) return absl::OkStatus();
  team_.Join();
  const size_t count = CountWithin(budget.max_encoder_tokens);
  RunPasses(count);
  Finish(count, result);
  return absl::OkStatus();
}

size_t EncoderEngine::CountWithin(int64_t max_tokens) const {
  int64_t num_tokens = 0;
  size_t count = 0;
  for (; count < tasks_.size(); ++count) {
    num_tokens += std::ssize(tasks_[count].task.source_ids);
    if (count > 0 && num_tokens > max_tokens) break;
  }
  return count;
}

void EncoderEngine::RunPasses(size_t count) {
  num_rows_.clear();
  for (size_t i = 0; i < count; ++i) {
    num_rows_.push_back(std::ssize(tasks_[i].task.source_ids));
  }
  PlanPasses(num_rows_, team_.size(), &plan_);
  encoded_.clear();
  for (const size_t i : plan_.tasks) {
    encoded_.push_back({.id = tasks_[i].id, .task = &tasks_[i].task});
  }
  const auto tasks_of = [&](size_t pass) {
    const size_t begin = pass == 0 ? 0 : plan_.ends[pass - 1];
    return absl::MakeSpan(encoded_).subspan(begin, plan_.ends[pass] - begin);
  };
  const int64_t num_passes = std::ssize(plan_.ends);
  if (plan_.side_by_side) {
    kernels::ForEachItem(num_passes, [&](int64_t pass) {
      passes_[kernels::TeamThread()]->Run(tasks_of(pass));
    });
  } else {
    kernels::KeepTeamTogether([&] {
      for (int64_t pass = 0; pass < num_passes; ++pass) {
        passes_.front()->Run(tasks_of(pass));
      }
    });
  }
}

void EncoderEngine::Finish(size_t count, StepResult* result) {
  for (EncodedTask& encoded : encoded_) {
    result->num_encoder_tokens += encoded.rows.length;
    if (encoded.status.ok()) {
      result->finished.push_back(
          {.id = encoded.id, .result = {.encoded = std::move(encoded.result)}});
    } else {
      result->failed.push_back(
          {.id = encoded.id, .status = std::move(encoded.status)});
    }
  }
  num_tokens_ -= result->num_encoder_tokens;
  tasks_.erase(tasks_.begin(), tasks_.begin() + static_cast<int64_t>(count));
}

}  // namespace parley
