#include "server/metrics/model_metrics.h"

#include "server/metrics/families.h"

namespace parley {
namespace {

prometheus::Labels Of(const std::string& model) { return {{"model", model}}; }

}  // namespace

ModelMetrics::ModelMetrics(absl::string_view model,
                           const TaskFamilies* families)
    : model_(model),
      families_(*families),
      finished_(families_.finished.Add(Of(model_))),
      evicted_(families_.evicted.Add(Of(model_))),
      source_tokens_(families_.source_tokens.Add(Of(model_))),
      target_tokens_(families_.target_tokens.Add(Of(model_))),
      cache_hits_(families_.cache_hits.Add(Of(model_))),
      cache_misses_(families_.cache_misses.Add(Of(model_))),
      queue_time_(families_.queue_time.Add(Of(model_))),
      compute_time_(families_.compute_time.Add(Of(model_))),
      first_token_(families_.first_token.Add(Of(model_))),
      per_token_(families_.per_token.Add(Of(model_))),
      step_time_(families_.step_time.Add(Of(model_))),
      step_rows_(families_.step_rows.Add(Of(model_))),
      step_encoder_tokens_(families_.step_encoder_tokens.Add(Of(model_))) {}

void ModelMetrics::AddRejected(absl::string_view reason, int64_t num_tasks) {
  families_.rejected.Add({{"model", model_}, {"reason", std::string(reason)}})
      .Increment(static_cast<double>(num_tasks));
}

void ModelMetrics::AddDropped(absl::string_view stage, absl::string_view code,
                              int64_t num_tasks) {
  families_.dropped
      .Add({{"model", model_},
            {"stage", std::string(stage)},
            {"code", std::string(code)}})
      .Increment(static_cast<double>(num_tasks));
}

void ModelMetrics::AddFailed(absl::string_view code) {
  families_.failed.Add({{"model", model_}, {"code", std::string(code)}})
      .Increment();
}

void ModelMetrics::AddFinished(const Task& task) {
  finished_.Increment();
  source_tokens_.Increment(static_cast<double>(task.num_source_tokens));
  target_tokens_.Increment(static_cast<double>(task.num_target_tokens));
  const double seconds = absl::ToDoubleSeconds(task.compute_time);
  compute_time_.Observe(seconds);
  if (task.num_target_tokens > 0) {
    per_token_.Observe(seconds / static_cast<double>(task.num_target_tokens));
  }
}

void ModelMetrics::AddEvicted() { evicted_.Increment(); }

void ModelMetrics::AddStep(const Step& step) {
  step_time_.Observe(absl::ToDoubleSeconds(step.time));
  // Steps that have none say nothing of how full those are that do.
  if (step.num_rows > 0) {
    step_rows_.Observe(static_cast<double>(step.num_rows));
  }
  if (step.num_encoder_tokens > 0) {
    step_encoder_tokens_.Observe(static_cast<double>(step.num_encoder_tokens));
  }
}

void ModelMetrics::AddQueueTime(absl::Duration time) {
  queue_time_.Observe(absl::ToDoubleSeconds(time));
}

void ModelMetrics::AddFirstToken(absl::Duration time) {
  first_token_.Observe(absl::ToDoubleSeconds(time));
}

void ModelMetrics::AddCacheHit() { cache_hits_.Increment(); }

void ModelMetrics::AddCacheMiss() { cache_misses_.Increment(); }

}  // namespace parley
