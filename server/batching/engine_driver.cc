#include "server/batching/engine_driver.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "server/batching/policy.h"

namespace parley {
namespace {

using Result = absl::StatusOr<TaskResult>;

// The clock on the wall may be set back; a time that was taken may not.
absl::Duration Elapsed(absl::Time begin, absl::Time end) {
  return std::max(end - begin, absl::ZeroDuration());
}

Answer AnswerWaiting(QueueEntry entry, Result result, absl::Time now) {
  return {.done = std::move(entry.done),
          .outcome = {.result = std::move(result),
                      .queue_time = Elapsed(entry.enqueued, now),
                      .compute_time = absl::ZeroDuration()}};
}

}  // namespace

EngineDriver::EngineDriver(std::shared_ptr<ServedModel> model, size_t replica,
                           const Options& options)
    : model_(std::move(model)),
      engine_(model_->engines[replica].get()),
      options_(options) {}

Answer EngineDriver::AnswerActive(ActiveTask active, Result result,
                                  absl::Time now) {
  return {
      .done = std::move(active.entry.done),
      .outcome = {.result = std::move(result),
                  .queue_time = Elapsed(active.entry.enqueued, active.admitted),
                  .compute_time = Elapsed(active.admitted, now)}};
}

void EngineDriver::Prepare(std::vector<Answer>* answers) {
  const absl::Time now = options_.clock();
  DropUnwanted(now, answers);
  while (AdmitOldest(now, answers)) {
  }
}

void EngineDriver::DropUnwanted(absl::Time now, std::vector<Answer>* answers) {
  for (QueueEntry& entry : model_->queue->TakeDead(now)) {
    absl::Status why = StillWanted(entry, now);
    answers->push_back(AnswerWaiting(std::move(entry), std::move(why), now));
  }
  for (auto it = active_.begin(); it != active_.end();) {
    const auto current = it++;
    ActiveTask& active = current->second;
    absl::Status wanted = StillWanted(active.entry, now);
    if (wanted.ok()) continue;
    engine_->Remove(current->first);
    answers->push_back(AnswerActive(std::move(active), std::move(wanted), now));
    active_.erase(current);
  }
}

bool EngineDriver::AdmitOldest(absl::Time now, std::vector<Answer>* answers) {
  const EngineRoom room = {.capacity = engine_->capacity(),
                           .empty = active_.empty()};
  std::optional<QueueEntry> entry =
      model_->queue->PopIf([&room](const QueueEntry& oldest) {
        return ShouldAdmit(oldest.cost, room);
      });
  if (!entry) return false;
  const TaskId id = next_id_++;
  if (entry->use_shortlist && entry->task.target_tokens.empty()) {
    PARLEY_CHECK(model_->shortlist != nullptr) << model_->name;
    entry->task.target_tokens =
        model_->shortlist->TargetTokens(entry->task.source_ids);
  }
  // A copy, because a refused task is gone too.
  absl::Status admitted = engine_->Admit(id, entry->task);
  if (admitted.ok()) {
    entry->task = Task();
    active_.emplace(id,
                    ActiveTask{.entry = *std::move(entry), .admitted = now});
    return true;
  }
  if (absl::IsResourceExhausted(admitted) && !room.empty) {
    model_->queue->PushFront(*std::move(entry));
    return false;
  }
  answers->push_back(
      AnswerWaiting(*std::move(entry), std::move(admitted), now));
  return true;
}

bool EngineDriver::is_over() const {
  // Closed first: nothing comes after that, while what was there may go.
  return !model_->queue->closed().ok() && !has_work() &&
         model_->queue->size() == 0;
}

void EngineDriver::Step(std::vector<Answer>* answers) {
  PARLEY_CHECK(has_work()) << model_->name;
  absl::Status status = engine_->Step(options_.step_budget, &step_result_);
  if (status.ok()) status = Settle(&step_result_, answers);
  if (!status.ok()) Lose(status, answers);
}

absl::Status EngineDriver::Settle(StepResult* result,
                                  std::vector<Answer>* answers) {
  const absl::Time now = options_.clock();
  const auto take = [this](TaskId id) -> absl::StatusOr<ActiveTask> {
    auto node = active_.extract(id);
    if (node.empty()) {
      return absl::InternalError(
          absl::StrCat("a step reports task ", id, ", which is not active"));
    }
    return std::move(node.mapped());
  };
  for (FinishedTask& finished : result->finished) {
    PARLEY_ASSIGN_OR_RETURN(ActiveTask active, take(finished.id));
    answers->push_back(
        AnswerActive(std::move(active), std::move(finished.result), now));
  }
  for (FailedTask& failed : result->failed) {
    PARLEY_ASSIGN_OR_RETURN(ActiveTask active, take(failed.id));
    if (failed.status.ok()) {
      failed.status = absl::InternalError("a task failed without a reason");
    }
    answers->push_back(
        AnswerActive(std::move(active), std::move(failed.status), now));
  }
  for (EvictedTask& evicted : result->evicted) {
    PARLEY_ASSIGN_OR_RETURN(ActiveTask active, take(evicted.id));
    active.entry.task = std::move(evicted.task);
    model_->queue->PushFront(std::move(active.entry));
  }
  const int64_t num_active = static_cast<int64_t>(active_.size());
  if (engine_->num_tasks() != num_active) {
    return absl::InternalError(absl::StrCat(
        "the engine holds ", engine_->num_tasks(), " tasks after a step, but ",
        num_active, " were not reported"));
  }
  return absl::OkStatus();
}

void EngineDriver::Lose(const absl::Status& cause,
                        std::vector<Answer>* answers) {
  PARLEY_LOG(kError) << "the engine of model " << model_->name
                     << " is lost: " << cause;
  Abandon(absl::InternalError(absl::StrCat("the engine of model ", model_->name,
                                           " is lost: ", cause.message())),
          answers);
}

void EngineDriver::Abandon(const absl::Status& status,
                           std::vector<Answer>* answers) {
  // Closed first: what is pushed until then is still answered here. What the
  // engine holds is left in it, because it may be lost; nothing steps it again.
  model_->queue->Close(status);
  const absl::Time now = options_.clock();
  for (auto& [id, active] : active_) {
    answers->push_back(AnswerActive(std::move(active), status, now));
  }
  active_.clear();
  const auto any = [](const QueueEntry&) { return true; };
  while (std::optional<QueueEntry> entry = model_->queue->PopIf(any)) {
    answers->push_back(AnswerWaiting(*std::move(entry), status, now));
  }
}

}  // namespace parley
