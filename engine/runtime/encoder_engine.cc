#include "engine/runtime/encoder_engine.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "engine/kernels/team.h"
#include "engine/runtime/pass_plan.h"

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
  std::vector<int64_t> num_rows;
  for (size_t i = 0; i < count; ++i) {
    num_rows.push_back(std::ssize(tasks_[i].task.source_ids));
  }
  const PassPlan plan = PlanPasses(num_rows, team_.size());
  encoded_.assign(count, {});
  std::vector<absl::Span<EncodedTask>> of_passes;
  size_t next = 0;
  for (const std::vector<size_t>& pass : plan.passes) {
    of_passes.push_back(absl::MakeSpan(encoded_).subspan(next, pass.size()));
    for (const size_t i : pass) {
      encoded_[next++] = {.id = tasks_[i].id, .task = &tasks_[i].task};
    }
  }
  if (plan.side_by_side) {
    // Loops inside are their thread's own: teams do not nest.
    kernels::ForEachItem(std::ssize(of_passes), [&](int64_t i) {
      passes_[kernels::TeamThread()]->Run(of_passes[i]);
    });
  } else {
    kernels::KeepTeamTogether([&] {
      for (const absl::Span<EncodedTask> pass : of_passes) {
        passes_.front()->Run(pass);
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
