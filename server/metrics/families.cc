#include "server/metrics/families.h"

#include <string>
#include <utility>

namespace parley {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Registry;
using Buckets = prometheus::Histogram::BucketBoundaries;

// Seconds: of a call and of what it waits for, on this machine's scale from
// one short embedding to a queue of minutes.
Buckets CallSeconds() {
  return {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
          0.25,   0.5,   1,      2.5,   5,    10,    30,   60};
}

// Seconds: of what is done many times in a call.
Buckets StepSeconds() {
  return {0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025,
          0.005,   0.01,     0.025,   0.05,   0.1,     0.25,   0.5,   1};
}

Buckets PowersOfTwo(int last) {
  Buckets buckets;
  for (int power = 1; power <= last; power *= 2) buckets.push_back(power);
  return buckets;
}

Family<Counter>& AddCounter(Registry* registry, const std::string& name,
                            const std::string& help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(*registry);
}

Family<Gauge>& AddGauge(Registry* registry, const std::string& name,
                        const std::string& help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(*registry);
}

struct HistogramText {
  std::string name;
  std::string help;
};

HistogramFamily AddHistogram(Registry* registry, const HistogramText& text,
                             Buckets buckets) {
  return {
      .family =
          prometheus::BuildHistogram().Name(text.name).Help(text.help).Register(
              *registry),
      .buckets = std::move(buckets)};
}

}  // namespace

CallFamilies::CallFamilies(Registry* registry)
    : requests(AddCounter(registry, "parley_requests_total",
                          "Requests that were answered, by method, status "
                          "code and model; those on streams each.")),
      in_flight(AddGauge(registry, "parley_requests_in_flight",
                         "Requests that are being worked on.")),
      duration(AddHistogram(registry,
                            {"parley_request_duration_seconds",
                             "From when a request was read until its answer "
                             "was ready."},
                            CallSeconds())),
      tokenize(AddHistogram(registry,
                            {"parley_tokenize_duration_seconds",
                             "How long checking, splitting and tokenizing a "
                             "request took."},
                            StepSeconds())),
      streams(AddCounter(registry, "parley_streams_total",
                         "Streams of requests that have ended.")),
      open_streams(AddGauge(registry, "parley_streams_open",
                            "Streams of requests that are open.")) {}

TaskFamilies::TaskFamilies(Registry* registry)
    : rejected(AddCounter(registry, "parley_tasks_rejected_total",
                          "Tasks that were refused before they were queued, "
                          "by reason.")),
      dropped(AddCounter(registry, "parley_tasks_dropped_total",
                         "Tasks that nobody waited for any more, by where "
                         "they were.")),
      failed(AddCounter(registry, "parley_tasks_failed_total",
                        "Tasks that failed by themselves, by status code.")),
      finished(AddCounter(registry, "parley_tasks_finished_total",
                          "Tasks that were answered with a result.")),
      evicted(AddCounter(registry, "parley_tasks_evicted_total",
                         "Tasks that had to make room in the key-value cache "
                         "and were begun anew.")),
      source_tokens(AddCounter(registry, "parley_source_tokens_total",
                               "Source tokens of finished tasks.")),
      target_tokens(AddCounter(registry, "parley_target_tokens_total",
                               "Target tokens of finished translations.")),
      cache_hits(AddCounter(registry, "parley_result_cache_hits_total",
                            "Results that were taken from the cache.")),
      cache_misses(AddCounter(registry, "parley_result_cache_misses_total",
                              "Results that were not in the cache.")),
      queue_time(AddHistogram(registry,
                              {"parley_queue_duration_seconds",
                               "From when a task was queued until an engine "
                               "took it."},
                              CallSeconds())),
      compute_time(AddHistogram(registry,
                                {"parley_compute_duration_seconds",
                                 "From when an engine took a task until it was "
                                 "finished."},
                                CallSeconds())),
      first_token(AddHistogram(registry,
                               {"parley_first_token_seconds",
                                "From when a translation was queued until its "
                                "first token."},
                               CallSeconds())),
      per_token(AddHistogram(registry,
                             {"parley_target_token_seconds",
                              "Compute time of a translation by its number of "
                              "target tokens."},
                             StepSeconds())),
      step_time(AddHistogram(registry,
                             {"parley_step_duration_seconds",
                              "How long a step of an engine took."},
                             StepSeconds())),
      step_rows(AddHistogram(registry,
                             {"parley_step_rows",
                              "Rows (live hypotheses) of a step that decodes."},
                             PowersOfTwo(4096))),
      step_encoder_tokens(
          AddHistogram(registry,
                       {"parley_step_encoder_tokens",
                        "Source tokens that a step that encodes has read."},
                       PowersOfTwo(16384))) {}

}  // namespace parley
