#include "server/metrics/metrics.h"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "prometheus/metric_family.h"
#include "prometheus/text_serializer.h"
#include "server/metrics/families.h"
#include "server/metrics/process_metrics.h"

namespace parley {
namespace {

using prometheus::ClientMetric;
using prometheus::Labels;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric GaugeOf(const Labels& labels, double value) {
  ClientMetric metric;
  for (const auto& [name, text] : labels) metric.label.push_back({name, text});
  metric.gauge.value = value;
  return metric;
}

// One of the gauges that all models have.
struct ModelGauge {
  const char* name;
  const char* help;
  double (*value)(const ModelGauges& gauges);
};

constexpr ModelGauge kModelGauges[] = {
    {"parley_queue_tasks", "Tasks that wait for an engine.",
     [](const ModelGauges& g) { return static_cast<double>(g.queued_tasks); }},
    {"parley_active_tasks", "Tasks that engines work on.",
     [](const ModelGauges& g) { return static_cast<double>(g.active_tasks); }},
    {"parley_active_rows", "Rows that the active tasks take at most.",
     [](const ModelGauges& g) { return static_cast<double>(g.active_rows); }},
    {"parley_kv_cache_blocks_used",
     "Blocks of the key-value cache that are taken or reserved.",
     [](const ModelGauges& g) { return static_cast<double>(g.kv_blocks); }},
    {"parley_kv_cache_blocks", "Blocks of the key-value cache.",
     [](const ModelGauges& g) { return static_cast<double>(g.max_kv_blocks); }},
};

// Versions of one model are summed.
MetricFamily SumByModel(const ModelGauge& gauge,
                        const std::vector<ModelGauges>& all) {
  std::map<std::string, double> sums;
  for (const ModelGauges& one : all) sums[one.model] += gauge.value(one);
  MetricFamily family{gauge.name, gauge.help, MetricType::Gauge, {}};
  for (const auto& [model, sum] : sums) {
    family.metric.push_back(GaugeOf({{"model", model}}, sum));
  }
  return family;
}

MetricFamily OldestByModel(const std::vector<ModelGauges>& all) {
  std::map<std::string, absl::Duration> oldest;
  for (const ModelGauges& one : all) {
    absl::Duration& age = oldest[one.model];
    age = std::max(age, one.oldest_queued);
  }
  MetricFamily family{"parley_queue_oldest_age_seconds",
                      "How long the task that waits longest has waited.",
                      MetricType::Gauge,
                      {}};
  for (const auto& [model, age] : oldest) {
    family.metric.push_back(
        GaugeOf({{"model", model}}, absl::ToDoubleSeconds(age)));
  }
  return family;
}

void AppendVersions(const std::vector<ModelGauges>& all,
                    std::vector<MetricFamily>* families) {
  MetricFamily info{
      "parley_model_info", "Versions that are served.", MetricType::Gauge, {}};
  MetricFamily load{"parley_model_load_seconds",
                    "How long loading a version that is served took.",
                    MetricType::Gauge,
                    {}};
  // A version that was unloaded, and lives on in its last calls, may have been
  // loaded again. Two series of one name would spoil the whole scrape.
  std::set<std::pair<std::string, std::string>> seen;
  for (const ModelGauges& one : all) {
    if (!seen.emplace(one.model, one.version).second) continue;
    info.metric.push_back(GaugeOf({{"model", one.model},
                                   {"version", one.version},
                                   {"compute_type", one.compute_type}},
                                  1));
    load.metric.push_back(
        GaugeOf({{"model", one.model}, {"version", one.version}},
                absl::ToDoubleSeconds(one.load_time)));
  }
  families->push_back(std::move(info));
  families->push_back(std::move(load));
}

void AppendModels(const std::vector<ModelGauges>& all,
                  std::vector<MetricFamily>* families) {
  for (const ModelGauge& gauge : kModelGauges) {
    families->push_back(SumByModel(gauge, all));
  }
  families->push_back(OldestByModel(all));
  AppendVersions(all, families);
}

MetricFamily ReadyFamily(const std::vector<ModelReadiness>& models) {
  MetricFamily family{"parley_model_ready",
                      "Whether requests for the model are served.",
                      MetricType::Gauge,
                      {}};
  for (const ModelReadiness& model : models) {
    family.metric.push_back(
        GaugeOf({{"model", model.model}}, model.is_ready ? 1 : 0));
  }
  return family;
}

void AppendProcess(std::vector<MetricFamily>* families) {
  for (const ProcessMetric& metric : ReadProcessMetrics()) {
    MetricFamily& family = families->emplace_back();
    family.name = metric.name;
    family.help = metric.help;
    family.type = metric.is_counter ? MetricType::Counter : MetricType::Gauge;
    ClientMetric& value = family.metric.emplace_back();
    value.gauge.value = metric.value;
    value.counter.value = metric.value;
  }
}

}  // namespace

struct Metrics::State {
  // The gauges of those that still are. They are asked without the lock: what
  // they read has locks of its own.
  std::vector<ModelGauges> ReadGauges();

  prometheus::Registry registry;
  const CallFamilies calls{&registry};
  const TaskFamilies tasks{&registry};
  std::function<std::vector<ModelReadiness>()> model_list;

  absl::Mutex mutex;
  std::map<std::string, std::unique_ptr<ModelMetrics>, std::less<>> models
      ABSL_GUARDED_BY(mutex);
  std::vector<std::weak_ptr<const ModelGaugeSource>> sources
      ABSL_GUARDED_BY(mutex);
};

std::vector<ModelGauges> Metrics::State::ReadGauges() {
  std::vector<std::shared_ptr<const ModelGaugeSource>> living;
  {
    absl::MutexLock lock(&mutex);
    std::erase_if(sources, [](const auto& source) { return source.expired(); });
    for (const auto& source : sources) {
      if (auto held = source.lock()) living.push_back(std::move(held));
    }
  }
  std::vector<ModelGauges> all;
  for (const auto& source : living) {
    std::optional<ModelGauges> gauges = source->Read();
    if (gauges.has_value()) all.push_back(*std::move(gauges));
  }
  return all;
}

Metrics::Metrics(absl::string_view server_version)
    : state_(std::make_unique<State>()) {
  prometheus::BuildGauge()
      .Name("parley_build_info")
      .Help("The server's version.")
      .Register(state_->registry)
      .Add({{"version", std::string(server_version)}})
      .Set(1);
}

Metrics::~Metrics() = default;

void Metrics::CallStarted(absl::string_view method) {
  state_->calls.in_flight.Add({{"method", std::string(method)}}).Increment();
}

void Metrics::CallEnded(const CallReport& report) {
  const CallFamilies& calls = state_->calls;
  const std::string method(report.method);
  const std::string model(report.model);
  calls.in_flight.Add({{"method", method}}).Decrement();
  calls.requests
      .Add({{"method", method},
            {"code", std::string(report.code)},
            {"model", model}})
      .Increment();
  calls.duration.Add({{"method", method}, {"model", model}})
      .Observe(absl::ToDoubleSeconds(report.duration));
  if (report.tokenize.has_value()) {
    calls.tokenize.Add({{"model", model}})
        .Observe(absl::ToDoubleSeconds(*report.tokenize));
  }
}

void Metrics::StreamOpened(absl::string_view method) {
  state_->calls.open_streams.Add({{"method", std::string(method)}}).Increment();
}

void Metrics::StreamClosed(absl::string_view method, absl::string_view code) {
  state_->calls.open_streams.Add({{"method", std::string(method)}}).Decrement();
  state_->calls.streams
      .Add({{"method", std::string(method)}, {"code", std::string(code)}})
      .Increment();
}

ModelMetrics* Metrics::ForModel(absl::string_view model) {
  absl::MutexLock lock(&state_->mutex);
  std::unique_ptr<ModelMetrics>& metrics = state_->models[std::string(model)];
  if (metrics == nullptr) {
    metrics = std::make_unique<ModelMetrics>(model, &state_->tasks);
  }
  return metrics.get();
}

void Metrics::AddGauges(std::weak_ptr<const ModelGaugeSource> source) {
  absl::MutexLock lock(&state_->mutex);
  state_->sources.push_back(std::move(source));
}

void Metrics::SetModelList(std::function<std::vector<ModelReadiness>()> list) {
  state_->model_list = std::move(list);
}

std::string Metrics::Text() const {
  std::vector<MetricFamily> families = state_->registry.Collect();
  AppendModels(state_->ReadGauges(), &families);
  if (state_->model_list) {
    families.push_back(ReadyFamily(state_->model_list()));
  }
  AppendProcess(&families);
  // A family without series would be a heading without anything under it.
  std::erase_if(families, [](const auto& f) { return f.metric.empty(); });
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families);
  return text.str();
}

}  // namespace parley
