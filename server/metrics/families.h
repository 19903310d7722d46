// The metrics that are counted as things happen: their names, what they say,
// their buckets. Only server/metrics sees this.
#ifndef PARLEY_SERVER_METRICS_FAMILIES_H_
#define PARLEY_SERVER_METRICS_FAMILIES_H_

#include "absl/strings/string_view.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace parley {

// A family of histograms, which all have the same buckets.
struct HistogramFamily {
  prometheus::Family<prometheus::Histogram>& family;
  const prometheus::Histogram::BucketBoundaries buckets;

  prometheus::Histogram& Add(const prometheus::Labels& labels) const {
    return family.Add(labels, buckets);
  }
};

// Of calls at the wire.
struct CallFamilies {
  explicit CallFamilies(prometheus::Registry* registry);

  prometheus::Family<prometheus::Counter>& requests;
  prometheus::Family<prometheus::Gauge>& in_flight;
  HistogramFamily duration;
  HistogramFamily tokenize;
  prometheus::Family<prometheus::Counter>& streams;
  prometheus::Family<prometheus::Gauge>& open_streams;
};

// Of tasks and steps.
struct TaskFamilies {
  explicit TaskFamilies(prometheus::Registry* registry);

  prometheus::Family<prometheus::Counter>& rejected;
  prometheus::Family<prometheus::Counter>& dropped;
  prometheus::Family<prometheus::Counter>& failed;
  prometheus::Family<prometheus::Counter>& finished;
  prometheus::Family<prometheus::Counter>& evicted;
  prometheus::Family<prometheus::Counter>& source_tokens;
  prometheus::Family<prometheus::Counter>& target_tokens;
  prometheus::Family<prometheus::Counter>& cache_hits;
  prometheus::Family<prometheus::Counter>& cache_misses;
  HistogramFamily queue_time;
  HistogramFamily compute_time;
  HistogramFamily first_token;
  HistogramFamily per_token;
  HistogramFamily step_time;
  HistogramFamily step_rows;
  HistogramFamily step_encoder_tokens;
};

}  // namespace parley

#endif  // PARLEY_SERVER_METRICS_FAMILIES_H_
