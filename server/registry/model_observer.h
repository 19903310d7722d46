// What a model's tasks and steps are, as metrics.
#ifndef PARLEY_SERVER_REGISTRY_MODEL_OBSERVER_H_
#define PARLEY_SERVER_REGISTRY_MODEL_OBSERVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/batching/observer.h"
#include "server/batching/served_model.h"
#include "server/metrics/metrics.h"

namespace parley {

// Of one version of a model, from before it is served. Counts go to those of
// its name; gauges are its own, and are shown once Show is called, for as long
// as the model lives.
//
class ModelObserver final : public BatchingObserver, public ModelGaugeSource {
 public:
  // `metrics` must outlive this.
  ModelObserver(absl::string_view model_name, Metrics* metrics);

  // Has the gauges of `observer` shown, as those of `model`, of which all is
  // set. REQUIRES: no runner drives it yet.
  static void Show(const std::shared_ptr<ModelObserver>& observer,
                   const std::shared_ptr<const ServedModel>& model,
                   absl::Duration load_time);

  void OnRejected(RejectReason reason, int64_t num_tasks) override;
  void OnAdmitted(absl::Duration queue_time) override;
  void OnFirstToken(absl::Duration since) override;
  void OnStep(const StepReport& step) override;
  void OnLoad(size_t replica, const EngineLoad& load) override;
  void OnFinished(const TaskReport& task) override;
  void OnFailed(const absl::Status& status) override;
  void OnDropped(LeaveStage stage, const absl::Status& why) override;
  void OnEvicted() override;

  void OnCacheHit() override { counters_->AddCacheHit(); }
  void OnCacheMiss() override { counters_->AddCacheMiss(); }

  std::optional<ModelGauges> Read() const override;

 private:
  Metrics* const metrics_;
  ModelMetrics* const counters_;

  mutable absl::Mutex mutex_;
  std::weak_ptr<const ServedModel> model_ ABSL_GUARDED_BY(mutex_);
  absl::Duration load_time_ ABSL_GUARDED_BY(mutex_);
  int64_t max_kv_blocks_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<EngineLoad> loads_ ABSL_GUARDED_BY(mutex_);  // By replica.
};

}  // namespace parley

#endif  // PARLEY_SERVER_REGISTRY_MODEL_OBSERVER_H_
