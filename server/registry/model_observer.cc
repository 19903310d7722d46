#include "server/registry/model_observer.h"

#include <string>

#include "absl/strings/string_view.h"

namespace parley {
namespace {

constexpr RejectReason kReasons[] = {
    RejectReason::kQueueFull, RejectReason::kQueueDelay,
    RejectReason::kDeadline, RejectReason::kClosed};

absl::string_view Name(RejectReason reason) {
  switch (reason) {
    case RejectReason::kQueueFull:
      return "queue_full";
    case RejectReason::kQueueDelay:
      return "queue_delay";
    case RejectReason::kDeadline:
      return "deadline";
    case RejectReason::kClosed:
      return "closed";
  }
  return "other";
}

absl::string_view Name(LeaveStage stage) {
  return stage == LeaveStage::kQueued ? "queued" : "active";
}

}  // namespace

ModelObserver::ModelObserver(absl::string_view model_name, Metrics* metrics)
    : metrics_(metrics), counters_(metrics->ForModel(model_name)) {
  // Rates can be told from the first one on where there was a zero before it.
  for (const RejectReason reason : kReasons) {
    counters_->AddRejected(Name(reason), 0);
  }
  for (const LeaveStage stage : {LeaveStage::kQueued, LeaveStage::kActive}) {
    for (const absl::StatusCode code :
         {absl::StatusCode::kCancelled, absl::StatusCode::kDeadlineExceeded,
          absl::StatusCode::kUnavailable}) {
      counters_->AddDropped(Name(stage), absl::StatusCodeToString(code), 0);
    }
  }
}

void ModelObserver::Show(const std::shared_ptr<ModelObserver>& observer,
                         const std::shared_ptr<const ServedModel>& model,
                         absl::Duration load_time) {
  {
    absl::MutexLock lock(&observer->mutex_);
    observer->model_ = model;
    observer->load_time_ = load_time;
    for (const std::unique_ptr<Engine>& engine : model->engines) {
      observer->max_kv_blocks_ += engine->max_capacity().kv_blocks;
    }
  }
  observer->metrics_->AddGauges(observer);
}

void ModelObserver::OnRejected(RejectReason reason, int64_t num_tasks) {
  counters_->AddRejected(Name(reason), num_tasks);
}

void ModelObserver::OnAdmitted(absl::Duration queue_time) {
  counters_->AddQueueTime(queue_time);
}

void ModelObserver::OnFirstToken(absl::Duration since) {
  counters_->AddFirstToken(since);
}

void ModelObserver::OnStep(const StepReport& step) {
  counters_->AddStep({.time = step.time,
                      .num_encoder_tokens = step.num_encoder_tokens,
                      .num_rows = step.num_rows});
}

void ModelObserver::OnLoad(size_t replica, const EngineLoad& load) {
  absl::MutexLock lock(&mutex_);
  if (loads_.size() <= replica) loads_.resize(replica + 1);
  loads_[replica] = load;
}

void ModelObserver::OnFinished(const TaskReport& task) {
  counters_->AddFinished({.compute_time = task.compute_time,
                          .num_source_tokens = task.num_source_tokens,
                          .num_target_tokens = task.num_target_tokens});
}

void ModelObserver::OnFailed(const absl::Status& status) {
  counters_->AddFailed(absl::StatusCodeToString(status.code()));
}

void ModelObserver::OnDropped(LeaveStage stage, const absl::Status& why) {
  counters_->AddDropped(Name(stage), absl::StatusCodeToString(why.code()), 1);
}

void ModelObserver::OnEvicted() { counters_->AddEvicted(); }

std::optional<ModelGauges> ModelObserver::Read() const {
  std::shared_ptr<const ServedModel> model;
  ModelGauges gauges;
  {
    absl::MutexLock lock(&mutex_);
    model = model_.lock();
    if (model == nullptr) return std::nullopt;
    gauges.load_time = load_time_;
    gauges.max_kv_blocks = max_kv_blocks_;
    for (const EngineLoad& load : loads_) {
      gauges.active_tasks += load.num_tasks;
      gauges.active_rows += load.num_rows;
      gauges.kv_blocks += load.kv_blocks;
    }
  }
  gauges.model = model->name;
  gauges.version = model->version;
  gauges.compute_type = std::string(ComputeTypeName(model->info.compute_type));
  // A lock of its own, under which this may be called: not both at once.
  const QueueState queue = model->queue->state();
  gauges.queued_tasks = queue.num_tasks;
  gauges.oldest_queued = queue.oldest_age;
  return gauges;
}

}  // namespace parley
