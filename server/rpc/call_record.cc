#include "server/rpc/call_record.h"

#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "base/log_event.h"

namespace parley {
namespace {

// Codes that say that we are at fault. Only their messages are written: those
// of others quote what users have sent.
bool IsOwnFault(const absl::Status& status) {
  return absl::IsInternal(status) || absl::IsUnknown(status) ||
         absl::IsDataLoss(status);
}

// Points into `identity`.
void AppendIdentity(const CallIdentity& identity,
                    std::vector<LogField>* fields) {
  fields->push_back({"request_id", identity.request_id});
  if (identity.trace.has_value()) {
    fields->push_back({"trace_id", identity.trace->trace_id});
    fields->push_back({"span_id", identity.trace->span_id});
  }
}

}  // namespace

CallRecord::CallRecord(const CallReporting& reporting, absl::string_view method,
                       CallIdentity identity)
    : reporting_(reporting),
      method_(method),
      identity_(std::move(identity)),
      begin_(absl::Now()) {
  if (reporting_.metrics != nullptr) reporting_.metrics->CallStarted(method_);
}

CallRecord::~CallRecord() {
  End(absl::UnknownError("the call ended without a status"));
}

void CallRecord::SetModel(absl::string_view name, absl::string_view version) {
  absl::MutexLock lock(&mutex_);
  facts_.model = std::string(name);
  facts_.version = std::string(version);
}

void CallRecord::SetNumItems(int64_t num_items) {
  absl::MutexLock lock(&mutex_);
  facts_.num_items = num_items;
}

void CallRecord::SetWork(const CallWork& work) {
  absl::MutexLock lock(&mutex_);
  facts_.work = work;
}

void CallRecord::End(const absl::Status& status) {
  Facts facts;
  {
    absl::MutexLock lock(&mutex_);
    if (ended_) return;
    ended_ = true;
    facts = std::move(facts_);
  }
  const absl::Duration duration = absl::Now() - begin_;
  if (reporting_.metrics != nullptr) {
    const std::string code = absl::StatusCodeToString(status.code());
    CallReport report = {.method = method_,
                         .model = facts.model,
                         .code = code,
                         .duration = duration};
    if (facts.work && facts.work->timing) {
      report.tokenize = facts.work->timing->tokenize;
    }
    reporting_.metrics->CallEnded(report);
  }
  if (reporting_.log_calls) Log(facts, status, duration);
}

void CallRecord::Log(const Facts& facts, const absl::Status& status,
                     absl::Duration duration) const {
  const bool is_own_fault = IsOwnFault(status);
  const LogSeverity severity =
      is_own_fault ? LogSeverity::kError : LogSeverity::kInfo;
  if (!IsLogged(severity)) return;
  const std::string code = absl::StatusCodeToString(status.code());
  std::vector<LogField> fields = {{"method", method_}};
  if (!facts.model.empty()) {
    fields.push_back({"model", facts.model});
    fields.push_back({"version", facts.version});
  }
  fields.push_back({"code", code});
  if (facts.num_items) fields.push_back({"items", *facts.num_items});
  if (facts.work)
    fields.push_back({"source_tokens", facts.work->source_tokens});
  fields.push_back({"duration_seconds", absl::ToDoubleSeconds(duration)});
  if (facts.work && facts.work->timing) {
    const CallTiming& timing = *facts.work->timing;
    fields.push_back(
        {"tokenize_seconds", absl::ToDoubleSeconds(timing.tokenize)});
    fields.push_back({"queue_seconds", absl::ToDoubleSeconds(timing.queue)});
    fields.push_back(
        {"compute_seconds", absl::ToDoubleSeconds(timing.compute)});
  }
  AppendIdentity(identity_, &fields);
  if (is_own_fault) fields.push_back({"error", status.message()});
  LogEvent(severity, "call", fields);
}

StreamRecord::StreamRecord(const CallReporting& reporting,
                           absl::string_view method, CallIdentity identity)
    : reporting_(reporting),
      method_(method),
      identity_(std::move(identity)),
      begin_(absl::Now()) {
  if (reporting_.metrics != nullptr) reporting_.metrics->StreamOpened(method_);
}

StreamRecord::~StreamRecord() {
  End(absl::UnknownError("the stream ended without a status"));
}

std::shared_ptr<CallRecord> StreamRecord::StartCall() {
  {
    absl::MutexLock lock(&mutex_);
    ++num_calls_;
  }
  return std::make_shared<CallRecord>(reporting_, method_, identity_);
}

void StreamRecord::End(const absl::Status& status) {
  int64_t num_calls = 0;
  {
    absl::MutexLock lock(&mutex_);
    if (ended_) return;
    ended_ = true;
    num_calls = num_calls_;
  }
  const std::string code = absl::StatusCodeToString(status.code());
  if (reporting_.metrics != nullptr) {
    reporting_.metrics->StreamClosed(method_, code);
  }
  if (!reporting_.log_calls || !IsLogged(LogSeverity::kInfo)) return;
  std::vector<LogField> fields = {
      {"method", method_},
      {"code", code},
      {"requests", num_calls},
      {"duration_seconds", absl::ToDoubleSeconds(absl::Now() - begin_)}};
  AppendIdentity(identity_, &fields);
  LogEvent(LogSeverity::kInfo, "stream", fields);
}

}  // namespace parley
