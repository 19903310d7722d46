#include "bench/load/load_run.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "bench/load/arrivals.h"

namespace parley::load {

LoadRun::LoadRun(const LoadOptions& options, Workload* workload,
                 Connections* connections)
    : options_(options),
      workload_(workload),
      connections_(connections),
      num_texts_left_(options.max_texts) {}

std::vector<CallRecord> LoadRun::Run() {
  start_ = absl::Now();
  if (options_.calls_per_second > 0) {
    SendOpen();
  } else {
    SendClosed();
  }
  absl::MutexLock lock(&mutex_);
  const auto is_over = [this] {
    mutex_.AssertHeld();
    return num_under_way_ == 0;
  };
  mutex_.Await(absl::Condition(&is_over));
  return std::move(records_);
}

Progress LoadRun::progress() const {
  absl::MutexLock lock(&mutex_);
  Progress progress = progress_;
  progress.time = Elapsed();
  return progress;
}

void LoadRun::SendOpen() {
  PoissonArrivals arrivals(options_.calls_per_second, options_.seed);
  // Drawn before it is due, so that only sending takes time then.
  CallPlan plan;
  while (TakeNext(&plan)) {
    const absl::Duration due = arrivals.Next();
    if (due >= options_.duration) {
      absl::MutexLock lock(&mutex_);
      --num_under_way_;
      return;
    }
    absl::SleepFor(due - Elapsed());
    Send(plan, due);
  }
}

void LoadRun::SendClosed() {
  for (int i = 0; i < options_.num_in_flight; ++i) {
    CallPlan plan;
    if (!TakeNext(&plan)) return;
    Send(plan, Elapsed());
  }
}

bool LoadRun::TakeNext(CallPlan* plan) {
  if (Elapsed() >= options_.duration) return false;
  absl::MutexLock lock(&mutex_);
  const int64_t num_texts =
      std::min<int64_t>(workload_->texts_per_call(), num_texts_left_);
  if (num_texts == 0) return false;
  num_texts_left_ -= num_texts;
  ++num_under_way_;
  *plan = workload_->Draw(static_cast<int>(num_texts));
  return true;
}

void LoadRun::Send(const CallPlan& plan, absl::Duration scheduled) {
  CallRecord record = {.kind = plan.kind, .scheduled = scheduled};
  const std::optional<absl::Duration> cancel_after = plan.cancel_after;
  record.was_cancelled = cancel_after.has_value();
  record.sent = Elapsed();
  const absl::Time sent = start_ + record.sent;
  const ActiveCall call = connections_->Start(
      plan, start_ + scheduled + options_.deadline,
      [this, record](const Answer& answer) { Finish(record, answer); });
  if (cancel_after.has_value()) {
    alarms_.Add(sent + *cancel_after, [call] { call.Cancel(); });
  }
}

void LoadRun::Finish(CallRecord record, const Answer& answer) {
  record.done = Elapsed();
  record.answer = answer;
  {
    absl::MutexLock lock(&mutex_);
    records_.push_back(record);
    progress_.num_texts += answer.num_texts;
    progress_.num_source_tokens += answer.num_source_tokens;
  }
  const bool is_closed = options_.calls_per_second == 0;
  if (is_closed && !record.was_cancelled &&
      answer.code != absl::StatusCode::kOk) {
    alarms_.Add(absl::Now() + options_.pause, [this] { SendNext(); });
    return;
  }
  if (is_closed) {
    SendNext();
    return;
  }
  absl::MutexLock lock(&mutex_);
  --num_under_way_;
}

void LoadRun::SendNext() {
  // Before the one before is counted out, so that the count stays above 0
  // until nothing more follows.
  CallPlan plan;
  if (TakeNext(&plan)) Send(plan, Elapsed());
  absl::MutexLock lock(&mutex_);
  --num_under_way_;
}

absl::Duration LoadRun::Elapsed() const { return absl::Now() - start_; }

}  // namespace parley::load
