#include "bench/load/report.h"

#include <array>
#include <map>
#include <string>

#include "bench/load/percentiles.h"

namespace parley::load {
namespace {

using Json = nlohmann::ordered_json;

Json ToJson(const Percentiles& samples) {
  Json json = {{"count", samples.count()}};
  if (samples.count() == 0) return json;
  json["mean"] = absl::ToDoubleSeconds(samples.Mean());
  json["p50"] = absl::ToDoubleSeconds(samples.At(50));
  json["p90"] = absl::ToDoubleSeconds(samples.At(90));
  json["p95"] = absl::ToDoubleSeconds(samples.At(95));
  json["p99"] = absl::ToDoubleSeconds(samples.At(99));
  json["p99.9"] = absl::ToDoubleSeconds(samples.At(99.9));
  json["max"] = absl::ToDoubleSeconds(samples.At(100));
  return json;
}

// What the calls that were due in the measured part became.
class Outcomes {
 public:
  explicit Outcomes(const ReportOptions& options) : options_(options) {}

  void Add(const CallRecord& record) {
    ++num_sent_;
    const absl::Duration lateness = record.sent - record.scheduled;
    lateness_.Add(lateness);
    if (lateness > options_.late_start) ++num_late_starts_;
    const absl::Duration latency = record.done - record.scheduled;
    switch (record.answer.code) {
      case absl::StatusCode::kOk:
        AddAnswered(record, latency);
        return;
      case absl::StatusCode::kResourceExhausted:
        ++num_rejected_;
        rejection_.Add(latency);
        rejection_since_sent_.Add(record.done - record.sent);
        return;
      case absl::StatusCode::kCancelled:
        if (record.was_cancelled) {
          ++num_cancelled_;
          return;
        }
        [[fallthrough]];
      default:
        ++errors_[absl::StatusCodeToString(record.answer.code)];
    }
  }

  void WriteTo(Json* json) const {
    (*json)["sent"] = num_sent_;
    (*json)["answered"] = latency_.count();
    (*json)["too_late"] = num_too_late_;
    (*json)["rejected"] = num_rejected_;
    (*json)["cancelled"] = num_cancelled_;
    (*json)["errors"] = errors_.empty() ? Json::object() : Json(errors_);
    (*json)["latency"] = ToJson(latency_);
    for (int kind = 0; kind < kNumTextKinds; ++kind) {
      if (by_kind_[kind].count() == 0) continue;
      const std::string name(TextKindName(static_cast<TextKind>(kind)));
      (*json)["latency_by_kind"][name] = ToJson(by_kind_[kind]);
    }
    (*json)["server_queue"] = ToJson(queue_);
    (*json)["server_compute"] = ToJson(compute_);
    (*json)["rejection"] = ToJson(rejection_);
    (*json)["rejection_since_sent"] = ToJson(rejection_since_sent_);
    (*json)["start_lateness"] = ToJson(lateness_);
    (*json)["late_starts"] = num_late_starts_;
  }

 private:
  void AddAnswered(const CallRecord& record, absl::Duration latency) {
    latency_.Add(latency);
    by_kind_[static_cast<int>(record.kind)].Add(latency);
    queue_.Add(record.answer.queue_time);
    compute_.Add(record.answer.compute_time);
    if (latency > options_.deadline) ++num_too_late_;
  }

  const ReportOptions options_;
  int64_t num_sent_ = 0;
  int64_t num_too_late_ = 0;
  int64_t num_rejected_ = 0;
  int64_t num_cancelled_ = 0;
  int64_t num_late_starts_ = 0;
  std::map<std::string, int64_t> errors_;
  Percentiles latency_;
  std::array<Percentiles, kNumTextKinds> by_kind_;
  Percentiles queue_;
  Percentiles compute_;
  Percentiles rejection_;
  Percentiles rejection_since_sent_;
  Percentiles lateness_;
};

// What came back in the measured part.
struct Good {
  int64_t num_calls = 0;
  int64_t num_texts = 0;
  int64_t num_source_tokens = 0;
  int64_t num_target_tokens = 0;
};

void Add(const CallRecord& record, Good* good) {
  ++good->num_calls;
  good->num_texts += record.answer.num_texts;
  good->num_source_tokens += record.answer.num_source_tokens;
  good->num_target_tokens += record.answer.num_target_tokens;
}

}  // namespace

nlohmann::ordered_json MakeReport(absl::Span<const CallRecord> records,
                                  const ReportOptions& options) {
  Outcomes outcomes(options);
  Good good;
  const auto is_measured = [&](absl::Duration time) {
    return options.begin <= time && time < options.end;
  };
  for (const CallRecord& record : records) {
    if (is_measured(record.scheduled)) outcomes.Add(record);
    if (is_measured(record.done) &&
        record.answer.code == absl::StatusCode::kOk &&
        record.done - record.scheduled <= options.deadline) {
      Add(record, &good);
    }
  }
  const double seconds = absl::ToDoubleSeconds(options.end - options.begin);
  Json json;
  json["seconds"] = seconds;
  json["texts"] = good.num_texts;
  json["tokens"] = good.num_source_tokens;
  json["target_tokens"] = good.num_target_tokens;
  json["good_calls_per_second"] = good.num_calls / seconds;
  json["good_texts_per_second"] = good.num_texts / seconds;
  json["good_tokens_per_second"] = good.num_source_tokens / seconds;
  json["good_target_tokens_per_second"] = good.num_target_tokens / seconds;
  outcomes.WriteTo(&json);
  return json;
}

}  // namespace parley::load
