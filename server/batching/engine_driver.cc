#include "server/batching/engine_driver.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace parley {
namespace {

using Result = absl::StatusOr<TaskResult>;

// What calls with several tasks take at most of an engine's rows, and of the
// tokens that a step encodes.
int64_t ForSeveral(int64_t all) { return all - all / 8; }

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

int64_t NumTargetTokens(const TaskResult& result) {
  if (result.hypotheses.empty()) return 0;
  return std::ssize(result.hypotheses.front().token_ids);
}

}  // namespace

EngineDriver::EngineDriver(std::shared_ptr<ServedModel> model, size_t replica,
                           const Options& options)
    : model_(std::move(model)),
      replica_(replica),
      engine_(model_->engines[replica].get()),
      options_(options) {
  model_->queue->SetLoad(replica_, 0);
}

void EngineDriver::AddLoad(const QueueEntry& entry) {
  active_rows_ += entry.cost.max_rows;
  active_work_ += entry.cost.work;
  if (entry.call != nullptr) {
    CallLoad& call = calls_[entry.call.get()];
    rows_of_several_ -= RowsOfSeveral(call);
    call.num_rows += entry.cost.max_rows;
    ++call.num_tasks;
    rows_of_several_ += RowsOfSeveral(call);
  }
  model_->queue->SetLoad(replica_, active_work_);
}

void EngineDriver::SubtractLoad(const QueueEntry& entry) {
  active_rows_ -= entry.cost.max_rows;
  active_work_ -= entry.cost.work;
  if (const auto found = calls_.find(entry.call.get()); found != calls_.end()) {
    CallLoad& call = found->second;
    rows_of_several_ -= RowsOfSeveral(call);
    call.num_rows -= entry.cost.max_rows;
    --call.num_tasks;
    rows_of_several_ += RowsOfSeveral(call);
    if (call.num_tasks == 0) calls_.erase(found);
  }
  model_->queue->SetLoad(replica_, active_work_);
}

int64_t EngineDriver::RowsOfSeveral(const CallLoad& call) {
  return call.num_tasks > 1 ? call.num_rows : 0;
}

PlaceInCall EngineDriver::PlaceOf(const QueueEntry& entry) const {
  return calls_.contains(entry.call.get()) ? PlaceInCall::kFurther
                                           : PlaceInCall::kFirst;
}

Answer EngineDriver::AnswerActive(ActiveTask active, Result result,
                                  absl::Time now) {
  return {
      .done = std::move(active.entry.done),
      .outcome = {.result = std::move(result),
                  .queue_time = Elapsed(active.entry.enqueued, active.admitted),
                  .compute_time = Elapsed(active.admitted, now)}};
}

void EngineDriver::Prepare(std::vector<Message>* messages) {
  const absl::Time now = options_.clock();
  DropUnwanted(now, messages);
  while (AdmitNext(now, messages)) {
  }
}

bool EngineDriver::is_done() const {
  return !has_work() && !model_->queue->closed().ok() &&
         model_->queue->size() == 0;
}

void EngineDriver::DropDead(absl::Time now, std::vector<Message>* messages) {
  for (DeadEntry& dead : model_->queue->TakeDead(now)) {
    model_->observer->OnDropped(LeaveStage::kQueued, dead.why);
    messages->push_back(
        AnswerWaiting(std::move(dead.entry), std::move(dead.why), now));
  }
}

void EngineDriver::DropUnwanted(absl::Time now,
                                std::vector<Message>* messages) {
  DropDead(now, messages);
  const size_t num_active = active_.size();
  for (auto it = active_.begin(); it != active_.end();) {
    const auto current = it++;
    ActiveTask& active = current->second;
    absl::Status why = StillWanted(active.entry, now);
    if (why.ok()) continue;
    engine_->Remove(current->first);
    SubtractLoad(active.entry);
    model_->observer->OnDropped(LeaveStage::kActive, why);
    messages->push_back(AnswerActive(std::move(active), std::move(why), now));
    active_.erase(current);
  }
  if (active_.size() != num_active) ReportLoad();
}

EngineRoom EngineDriver::Room() const {
  const Capacity most = engine_->max_capacity();
  const int64_t step_tokens = options_.step_budget.max_encoder_tokens;
  EngineRoom room = {.capacity = engine_->capacity(), .empty = active_.empty()};
  int64_t& free = room.capacity.encoder_tokens;
  const int64_t pending = most.encoder_tokens - free;
  // More than the next step encodes is not taken out of the queue's order. A
  // source above the budget is that step's only one.
  if (pending > 0) free = std::min(free, step_tokens - pending);
  room.for_further = room.capacity;
  room.for_further.rows = ForSeveral(most.rows) - rows_of_several_;
  if (pending > 0) {
    room.for_further.encoder_tokens = ForSeveral(step_tokens) - pending;
  }
  return room;
}

bool EngineDriver::AdmitNext(absl::Time now, std::vector<Message>* messages) {
  if (!model_->queue->IsLeastLoaded(replica_)) return false;
  const EngineRoom room = Room();
  absl::Status admitted;
  std::optional<QueueEntry> entry =
      model_->queue->Pop([this, &room, &admitted, now](const QueueEntry& next) {
        admitted = StillWanted(next, now);
        return admitted.ok() ? AdmissionOf(next.cost, PlaceOf(next), room)
                             : Admission::kNow;
      });
  if (!entry) return false;
  if (!admitted.ok()) {
    model_->observer->OnDropped(LeaveStage::kQueued, admitted);
    messages->push_back(
        AnswerWaiting(*std::move(entry), std::move(admitted), now));
    return true;
  }
  if (entry->use_shortlist && entry->task.target_tokens.empty()) {
    PARLEY_CHECK(model_->shortlist != nullptr) << model_->name;
    entry->task.target_tokens =
        model_->shortlist->TargetTokens(entry->task.source_ids);
  }
  const TaskId id = next_id_++;
  // A copy, because a refused task is gone too.
  admitted = engine_->Admit(id, entry->task);
  if (admitted.ok()) {
    model_->observer->OnAdmitted(Elapsed(entry->enqueued, now));
    ActiveTask active = {
        .admitted = now,
        .num_source_tokens = std::ssize(entry->task.source_ids)};
    entry->task = Task();
    active.entry = *std::move(entry);
    AddLoad(active.entry);
    if (!active.entry.has_begun) unbegun_.push_back(id);
    active_.emplace(id, std::move(active));
    return true;
  }
  if (absl::IsResourceExhausted(admitted) && !room.empty) {
    model_->queue->PutBack(*std::move(entry));
    return false;
  }
  model_->observer->OnFailed(admitted);
  messages->push_back(
      AnswerWaiting(*std::move(entry), std::move(admitted), now));
  return true;
}

void EngineDriver::Step(std::vector<Message>* messages) {
  PARLEY_CHECK(has_work()) << model_->name;
  ChooseWhoRests();
  StepBudget budget = options_.step_budget;
  budget.resting = resting_;
  const absl::Time begin = options_.clock();
  absl::Status status = engine_->Step(budget, &step_result_);
  const absl::Time end = options_.clock();
  if (status.ok()) {
    MeasureSpeed(begin, end);
    status = Settle(&step_result_, messages);
  }
  if (!status.ok()) {
    Lose(status, messages);
    return;
  }
  if (!has_work()) busy_since_.reset();
  model_->observer->OnStep(
      {.time = Elapsed(begin, end),
       .num_encoder_tokens = step_result_.num_encoder_tokens,
       .num_rows = step_result_.num_rows});
  ReportLoad();
}

void EngineDriver::ChooseWhoRests() {
  resting_.clear();
  const auto efficient_rows = efficiency_.efficient_rows();
  if (!efficient_rows || active_rows_ <= *efficient_rows) return;
  std::vector<SteppingTask> tasks;
  tasks.reserve(active_.size());
  for (const auto& [id, active] : active_) {
    tasks.push_back({.id = id,
                     .call = active.entry.call.get(),
                     .num_rows = active.entry.cost.max_rows});
  }
  absl::c_sort(tasks, [](const SteppingTask& a, const SteppingTask& b) {
    return a.id < b.id;
  });
  resting_ = ChooseResting(tasks, *efficient_rows);
}

void EngineDriver::MeasureSpeed(absl::Time begin, absl::Time end) {
  if (step_result_.num_encoder_tokens == 0) {
    efficiency_.Add(step_result_.num_rows, end - begin);
  }
  // Other models' steps between two of ours are part of how fast we are.
  const absl::Time since = busy_since_.value_or(begin);
  busy_since_ = end;
  if (model_->queue->size() == 0) return;
  throughput_.Add(step_result_.num_encoder_tokens + step_result_.num_rows,
                  Elapsed(since, end));
  if (const auto rate = throughput_.work_per_second()) {
    model_->queue->SetRate(replica_, *rate);
  }
}

void EngineDriver::ReportLoad() const {
  model_->observer->OnLoad(replica_,
                           {.num_tasks = std::ssize(active_),
                            .num_rows = active_rows_,
                            .kv_blocks = engine_->max_capacity().kv_blocks -
                                         engine_->capacity().kv_blocks});
}

absl::Status EngineDriver::Settle(StepResult* result,
                                  std::vector<Message>* messages) {
  const absl::Time now = options_.clock();
  const auto take = [this](TaskId id) -> absl::StatusOr<ActiveTask> {
    auto node = active_.extract(id);
    if (node.empty()) {
      return absl::InternalError(
          absl::StrCat("a step reports task ", id, ", which is not active"));
    }
    SubtractLoad(node.mapped().entry);
    return std::move(node.mapped());
  };
  BeginTasks(now);
  for (TaskProgress& progress : result->progress) {
    TellProgress(std::move(progress), messages);
  }
  for (FinishedTask& finished : result->finished) {
    PARLEY_ASSIGN_OR_RETURN(ActiveTask active, take(finished.id));
    const int64_t num_target_tokens = NumTargetTokens(finished.result);
    throughput_.AddTask(active.entry.cost.work,
                        active.num_source_tokens +
                            active.entry.cost.max_rows * num_target_tokens);
    model_->observer->OnFinished({.compute_time = Elapsed(active.admitted, now),
                                  .num_source_tokens = active.num_source_tokens,
                                  .num_target_tokens = num_target_tokens});
    messages->push_back(
        AnswerActive(std::move(active), std::move(finished.result), now));
  }
  for (FailedTask& failed : result->failed) {
    PARLEY_ASSIGN_OR_RETURN(ActiveTask active, take(failed.id));
    if (failed.status.ok()) {
      failed.status = absl::InternalError("a task failed without a reason");
    }
    model_->observer->OnFailed(failed.status);
    messages->push_back(
        AnswerActive(std::move(active), std::move(failed.status), now));
  }
  for (EvictedTask& evicted : result->evicted) {
    PARLEY_ASSIGN_OR_RETURN(ActiveTask active, take(evicted.id));
    model_->observer->OnEvicted();
    active.entry.task = std::move(evicted.task);
    model_->queue->PutBack(std::move(active.entry));
  }
  if (engine_->num_tasks() != std::ssize(active_)) {
    return absl::InternalError(absl::StrCat(
        "the engine holds ", engine_->num_tasks(), " tasks after a step, but ",
        active_.size(), " were not reported"));
  }
  return absl::OkStatus();
}

void EngineDriver::BeginTasks(absl::Time now) {
  const bool translates = model_->info.kind == ModelKind::kTranslation;
  std::erase_if(unbegun_, [&](TaskId id) {
    const auto found = active_.find(id);
    if (found == active_.end()) return true;
    if (absl::c_binary_search(resting_, id)) return false;
    QueueEntry& entry = found->second.entry;
    entry.has_begun = true;
    if (translates) {
      model_->observer->OnFirstToken(Elapsed(entry.enqueued, now));
    }
    return true;
  });
}

void EngineDriver::TellProgress(TaskProgress progress,
                                std::vector<Message>* messages) {
  const auto found = active_.find(progress.id);
  if (found == active_.end()) return;
  ActiveTask& active = found->second;
  QueueEntry& entry = active.entry;
  if (!entry.progress) return;
  // A task that was evicted decides the same tokens again.
  const size_t num_known =
      std::min(entry.num_told - active.num_decided, progress.token_ids.size());
  active.num_decided += progress.token_ids.size();
  if (num_known == progress.token_ids.size()) return;
  entry.num_told = active.num_decided;
  progress.token_ids.erase(
      progress.token_ids.begin(),
      progress.token_ids.begin() + static_cast<int64_t>(num_known));
  messages->push_back(News{.progress = entry.progress,
                           .token_ids = std::move(progress.token_ids)});
}

void EngineDriver::Lose(const absl::Status& cause,
                        std::vector<Message>* messages) {
  PARLEY_LOG(kError) << "the engine of model " << model_->name
                     << " is lost: " << cause;
  Abandon(absl::InternalError(absl::StrCat("the engine of model ", model_->name,
                                           " is lost: ", cause.message())),
          messages);
}

void EngineDriver::Abandon(const absl::Status& status,
                           std::vector<Message>* messages) {
  // Closed first: what is pushed until then is still answered here. What the
  // engine holds is left in it, because it may be lost; nothing steps it again.
  model_->queue->Close(status);
  const absl::Time now = options_.clock();
  for (auto& [id, active] : active_) {
    model_->observer->OnDropped(LeaveStage::kActive, status);
    messages->push_back(AnswerActive(std::move(active), status, now));
  }
  active_.clear();
  calls_.clear();
  active_rows_ = active_work_ = rows_of_several_ = 0;
  model_->queue->SetLoad(replica_, 0);
  model_->observer->OnLoad(replica_, {});
  DropDead(now, messages);
  const auto any = [](const QueueEntry&) { return Admission::kNow; };
  while (std::optional<QueueEntry> entry = model_->queue->Pop(any)) {
    model_->observer->OnDropped(LeaveStage::kQueued, status);
    messages->push_back(AnswerWaiting(*std::move(entry), status, now));
  }
}

}  // namespace parley
