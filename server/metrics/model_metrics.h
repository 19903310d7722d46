// What is counted of a model's tasks and steps.
#ifndef PARLEY_SERVER_METRICS_MODEL_METRICS_H_
#define PARLEY_SERVER_METRICS_MODEL_METRICS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace prometheus {
class Counter;
class Histogram;
}  // namespace prometheus

namespace parley {

struct TaskFamilies;

// Thread-safe and quick: each method takes one uncontended lock at most for
// each metric that it changes.
class ModelMetrics {
 public:
  struct Step {
    absl::Duration time;
    int64_t num_encoder_tokens = 0;
    int64_t num_rows = 0;  // Of the decoder.
  };
  struct Task {
    absl::Duration compute_time;
    int64_t num_source_tokens = 0;
    int64_t num_target_tokens = 0;
  };

  // `families` must outlive this.
  ModelMetrics(absl::string_view model, const TaskFamilies* families);
  ModelMetrics(const ModelMetrics&) = delete;
  ModelMetrics& operator=(const ModelMetrics&) = delete;

  // Reasons, stages and codes are of the server's own making. With no tasks,
  // the counter is shown as 0 from then on.
  void AddRejected(absl::string_view reason, int64_t num_tasks);
  void AddDropped(absl::string_view stage, absl::string_view code,
                  int64_t num_tasks);
  void AddFailed(absl::string_view code);
  void AddFinished(const Task& task);
  void AddEvicted();

  void AddStep(const Step& step);
  void AddQueueTime(absl::Duration time);
  // From when a translation was queued until its first token.
  void AddFirstToken(absl::Duration time);

  // Of finished translations and embeddings.
  void AddCacheHit();
  void AddCacheMiss();

 private:
  const std::string model_;
  const TaskFamilies& families_;
  prometheus::Counter& finished_;
  prometheus::Counter& evicted_;
  prometheus::Counter& source_tokens_;
  prometheus::Counter& target_tokens_;
  prometheus::Counter& cache_hits_;
  prometheus::Counter& cache_misses_;
  prometheus::Histogram& queue_time_;
  prometheus::Histogram& compute_time_;
  prometheus::Histogram& first_token_;
  prometheus::Histogram& per_token_;
  prometheus::Histogram& step_time_;
  prometheus::Histogram& step_rows_;
  prometheus::Histogram& step_encoder_tokens_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_METRICS_MODEL_METRICS_H_
