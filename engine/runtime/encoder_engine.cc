#include "engine/runtime/encoder_engine.h"

#include <algorithm>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parley {
namespace {

// Rows of one pass: the products are at their peak, and what stands between
// them stays in the caches.
constexpr int64_t kPassRows = 512;
// Tokens of tasks that are admitted but not encoded: what a step at its usual
// budget takes, so that the next one need not wait for more. Those that wait
// outside can be cancelled more cheaply, so it is no more.
constexpr int64_t kMaxAdmittedTokens = 8192;

}  // namespace

EncoderEngine::EncoderEngine(EncoderEngineParts parts,
                             const LoadOptions& options, int replica)
    : team_(options, replica),
      model_(std::move(parts.model)),
      outputs_(model_.get(), std::move(parts.defaults), std::move(parts.dense)),
      activations_(EncoderActivationSizes(
          model_->config,
          std::max<int64_t>(kPassRows, model_->config.max_tokens()))) {}

absl::StatusOr<TaskCost> EncoderEngine::Cost(const Task& task) const {
  PARLEY_RETURN_IF_ERROR(CheckEncodeTask(task, *model_, outputs_.defaults()));
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
  const size_t end = CountWithin(0, tasks_.size(), budget.max_encoder_tokens);
  for (size_t begin = 0; begin < end;) {
    const size_t count = CountWithin(begin, end, kPassRows);
    RunPass(begin, count, result);
    begin += count;
  }
  tasks_.erase(tasks_.begin(), tasks_.begin() + static_cast<int64_t>(end));
  return absl::OkStatus();
}

size_t EncoderEngine::CountWithin(size_t begin, size_t end,
                                  int64_t max_tokens) const {
  int64_t num_tokens = 0;
  size_t count = 0;
  for (size_t i = begin; i < end; ++i, ++count) {
    num_tokens += static_cast<int64_t>(tasks_[i].task.source_ids.size());
    if (count > 0 && num_tokens > max_tokens) break;
  }
  return count;
}

void EncoderEngine::RunPass(size_t begin, size_t count, StepResult* result) {
  sequences_.clear();
  encoded_.clear();
  int64_t first_row = 0;
  for (size_t i = begin; i < begin + count; ++i) {
    const Task& task = tasks_[i].task;
    const int length = static_cast<int>(task.source_ids.size());
    sequences_.push_back(
        {.ids = task.source_ids, .segment_ids = task.encode.segment_ids});
    encoded_.push_back(
        {.task = &task, .rows = {.begin = first_row, .length = length}});
    first_row += length;
  }
  num_tokens_ -= first_row;
  result->num_encoder_tokens += first_row;
  const absl::Span<EncodedTask> encoded = absl::MakeSpan(encoded_);
  model_->stack->Run(
      sequences_,
      [&](int layer) {
        outputs_.Observe(layer, activations_.hidden(), encoded);
      },
      activations_);
  outputs_.Finish(activations_.hidden(), encoded);
  for (size_t i = 0; i < count; ++i) {
    const TaskId id = tasks_[begin + i].id;
    if (encoded_[i].status.ok()) {
      result->finished.push_back(
          {.id = id, .result = {.encoded = std::move(encoded_[i].result)}});
    } else {
      result->failed.push_back(
          {.id = id, .status = std::move(encoded_[i].status)});
    }
  }
}

}  // namespace parley
