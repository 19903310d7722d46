// What a server tells Prometheus about itself. docs/observability.md lists
// every metric.
#ifndef PARLEY_SERVER_METRICS_METRICS_H_
#define PARLEY_SERVER_METRICS_METRICS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/metrics/model_metrics.h"

namespace parley {

// A call that has ended.
struct CallReport {
  absl::string_view method;  // One of the services' methods: "Translate".
  // The name of a model that is served, never what a request says; empty where
  // the call ended before it was known.
  absl::string_view model;
  absl::string_view code;  // "OK", "RESOURCE_EXHAUSTED".
  absl::Duration duration;
  std::optional<absl::Duration> tokenize;  // Unset where it did not get there.
};

// How one version of a model is, now.
struct ModelGauges {
  std::string model;
  std::string version;
  std::string compute_type;
  absl::Duration load_time;
  int64_t queued_tasks = 0;
  absl::Duration oldest_queued;
  // Of all its engines.
  int64_t active_tasks = 0;
  int64_t active_rows = 0;
  int64_t kv_blocks = 0;
  int64_t max_kv_blocks = 0;
};

// Whom Metrics asks at each scrape. Thread-safe.
class ModelGaugeSource {
 public:
  virtual ~ModelGaugeSource() = default;
  // Unset where there is nothing to tell any more.
  virtual std::optional<ModelGauges> Read() const = 0;
};

struct ModelReadiness {
  std::string model;
  bool is_ready = false;
};

// Thread-safe; nothing here waits for a scrape. Values of labels are what the
// server itself has a bounded number of: methods, codes, models, versions.
class Metrics {
 public:
  explicit Metrics(absl::string_view server_version);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // One CallEnded follows each CallStarted.
  void CallStarted(absl::string_view method);
  void CallEnded(const CallReport& report);
  // A stream of many calls.
  void StreamOpened(absl::string_view method);
  void StreamClosed(absl::string_view method, absl::string_view code);

  // The counters of the models of that name: all its versions share them. The
  // result lives as long as this.
  ModelMetrics* ForModel(absl::string_view model);

  // Asks `source` from now on, for as long as it lives.
  void AddGauges(std::weak_ptr<const ModelGaugeSource> source);

  // Where the models and their readiness are read from. Set once, before the
  // first Text.
  void SetModelList(std::function<std::vector<ModelReadiness>()> list);

  // All of it, in Prometheus' text format 0.0.4.
  std::string Text() const;

 private:
  struct State;
  const std::unique_ptr<State> state_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_METRICS_METRICS_H_
