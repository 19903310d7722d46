#include "server/batching/task_queue.h"

#include <algorithm>
#include <iterator>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "base/retry_after.h"
#include "base/status_macros.h"
#include "server/batching/policy.h"

namespace parley {
namespace {

// Said where it is not known how fast the engines are.
constexpr absl::Duration kUsualRetry = absl::Seconds(1);
constexpr absl::Duration kShortestRetry = absl::Milliseconds(50);

// By how much waits are longer, 99 of 100, than the work before them over the
// rate that it is done at (docs/decisions/0013).
constexpr double kCaution = 1.2;

// Entries that one Pop goes past: those far behind come to the front before it
// matters that they would have been taken.
constexpr int kMaxWithoutRoom = 64;
constexpr int kMaxYielding = 512;  // They may be a whole document's.

// Looking through a queue that is longer than this is left for a while that is
// long beside the time it takes, which grows with its length. Who is unwanted
// is found out in any case at the front.
constexpr int64_t kShortQueue = 256;
constexpr absl::Duration kLookInterval = absl::Microseconds(1);  // An entry.

absl::Status ResourceExhausted(absl::Duration retry_after,
                               absl::string_view message) {
  absl::Status status = absl::ResourceExhaustedError(message);
  SetRetryAfter(std::max(retry_after, kShortestRetry), &status);
  return status;
}

// The beginning of a message.
std::string WouldWait(absl::Duration wait) {
  return absl::StrCat(
      "the call would wait about ",
      absl::FormatDuration(absl::Ceil(wait, absl::Milliseconds(1))),
      " before it is begun");
}

}  // namespace

TaskQueue::TaskQueue(const Options& options) : options_(options) {}

TaskQueue::~TaskQueue() {
  std::map<Place, QueueEntry> left;
  std::vector<DeadEntry> dead;
  {
    absl::MutexLock lock(&mutex_);
    left.swap(entries_);
    dead.swap(dead_);
  }
  for (auto& [place, entry] : left) {
    entry.done(
        {.result = absl::UnavailableError("the model is not served any more")});
  }
  for (auto& [entry, why] : dead) entry.done({.result = std::move(why)});
}

absl::Status TaskQueue::Push(std::vector<QueueEntry>&& entries) {
  if (entries.empty()) return absl::OkStatus();
  const absl::Time now = options_.clock();
  const QueueEntry& first = entries.front();
  {
    absl::MutexLock lock(&mutex_);
    PARLEY_RETURN_IF_ERROR(Check({.flow = first.flow,
                                  .deadline = first.deadline,
                                  .is_refusable = first.is_refusable,
                                  .num_tasks = std::ssize(entries)},
                                 now));
    for (QueueEntry& entry : entries) {
      entry.enqueued = now;
      entry.sequence = next_sequence_++;
      entry.place = order_.Join(entry.flow, entry.cost.work);
      const Place place(entry.place, entry.sequence);
      entries_.emplace(place, std::move(entry));
    }
  }
  entries.clear();
  if (listener_) listener_();
  return absl::OkStatus();
}

absl::Status TaskQueue::CheckRoom(const Newcomer& newcomer) {
  const absl::Time now = options_.clock();
  absl::MutexLock lock(&mutex_);
  return Check(newcomer, now);
}

absl::Status TaskQueue::Check(const Newcomer& newcomer, absl::Time now) {
  if (!closed_.ok()) {
    options_.observer->OnRejected(RejectReason::kClosed, newcomer.num_tasks);
    return closed_;
  }
  if (!newcomer.is_refusable) return absl::OkStatus();
  std::optional<Refusal> refusal = WhyRefused(newcomer, now);
  if (refusal.has_value() && FindDead(now)) refusal = WhyRefused(newcomer, now);
  if (!refusal.has_value()) return absl::OkStatus();
  options_.observer->OnRejected(refusal->reason, newcomer.num_tasks);
  return std::move(refusal->status);
}

std::optional<TaskQueue::Refusal> TaskQueue::WhyRefused(
    const Newcomer& newcomer, absl::Time now) const {
  const absl::Duration wait = ExpectedWait(newcomer.flow);
  const int64_t num_waiting = std::ssize(entries_);
  if (newcomer.num_tasks > options_.max_tasks - num_waiting) {
    return Refusal{RejectReason::kQueueFull,
                   ResourceExhausted(
                       wait > absl::ZeroDuration() ? wait / 2 : kUsualRetry,
                       absl::StrCat("the queue is full: ", num_waiting,
                                    " of at most ", options_.max_tasks,
                                    " tasks wait, and the call brings ",
                                    newcomer.num_tasks, "; try again later"))};
  }
  if (wait > options_.max_delay) {
    return Refusal{
        RejectReason::kQueueDelay,
        ResourceExhausted(wait - options_.max_delay,
                          absl::StrCat(WouldWait(wait), ", and at most ",
                                       absl::FormatDuration(options_.max_delay),
                                       " is allowed; try again later"))};
  }
  // With no wait at all, the engine itself may still make it.
  if (wait > absl::ZeroDuration() && newcomer.deadline - now <= wait) {
    return Refusal{
        RejectReason::kDeadline,
        ResourceExhausted(
            wait, absl::StrCat(WouldWait(wait),
                               ", which is beyond its deadline; try again "
                               "later, or with more time"))};
  }
  return std::nullopt;
}

absl::Duration TaskQueue::ExpectedWait(const Flow& flow) const {
  double rate = 0;
  for (const Replica& replica : replicas_) rate += replica.rate;
  if (rate <= 0 || entries_.empty()) return absl::ZeroDuration();
  return absl::Seconds(kCaution * order_.WorkBefore(flow) / rate);
}

void TaskQueue::SetListener(std::function<void()> listener) {
  listener_ = std::move(listener);
}

std::optional<QueueEntry> TaskQueue::Pop(
    absl::FunctionRef<Admission(const QueueEntry&)> consider) {
  const absl::Time now = options_.clock();
  absl::MutexLock lock(&mutex_);
  int num_without_room = 0;
  int num_yielding = 0;
  for (auto it = entries_.begin(); it != entries_.end(); ++it) {
    const Admission admission = consider(it->second);
    if (admission == Admission::kNow) {
      QueueEntry entry = std::move(it->second);
      entries_.erase(it);
      order_.Serve(entry.flow, entry.cost.work, entry.place);
      return entry;
    }
    if (admission == Admission::kYields) {
      if (++num_yielding == kMaxYielding) break;
      continue;
    }
    absl::Time& passed_since = it->second.passed_since;
    passed_since = std::min(passed_since, now);
    if (!MayPass(passed_since, now)) break;
    if (++num_without_room == kMaxWithoutRoom) break;
  }
  return std::nullopt;
}

std::vector<DeadEntry> TaskQueue::TakeDead(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  FindDead(now);
  return std::exchange(dead_, {});
}

bool TaskQueue::FindDead(absl::Time now) {
  const int64_t num_waiting = std::ssize(entries_);
  if (num_waiting > kShortQueue && now < next_look_) return false;
  next_look_ = now + num_waiting * kLookInterval;
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto current = it++;
    QueueEntry& entry = current->second;
    absl::Status why = StillWanted(entry, now);
    if (why.ok()) continue;
    order_.Leave(entry.flow, entry.cost.work);
    dead_.push_back({std::move(entry), std::move(why)});
    entries_.erase(current);
  }
  return std::ssize(entries_) < num_waiting;
}

void TaskQueue::PutBack(QueueEntry entry) {
  {
    absl::MutexLock lock(&mutex_);
    order_.Rejoin(entry.flow, entry.cost.work);
    const Place place(entry.place, entry.sequence);
    entries_.emplace(place, std::move(entry));
  }
  // Another replica may have room, and sleep.
  if (listener_) listener_();
}

void TaskQueue::SetRate(size_t replica, double work_per_second) {
  absl::MutexLock lock(&mutex_);
  At(replica).rate = work_per_second;
}

void TaskQueue::SetLoad(size_t replica, int64_t work) {
  absl::MutexLock lock(&mutex_);
  At(replica).load = work;
}

bool TaskQueue::IsLeastLoaded(size_t replica) const {
  absl::MutexLock lock(&mutex_);
  return absl::c_all_of(replicas_, [&](const Replica& other) {
    return replicas_[replica].load <= other.load;
  });
}

TaskQueue::Replica& TaskQueue::At(size_t replica) {
  if (replicas_.size() <= replica) replicas_.resize(replica + 1);
  return replicas_[replica];
}

void TaskQueue::Close(absl::Status status) {
  PARLEY_CHECK(!status.ok());
  {
    absl::MutexLock lock(&mutex_);
    if (!closed_.ok()) return;
    closed_ = std::move(status);
  }
  if (listener_) listener_();
}

absl::Status TaskQueue::closed() const {
  absl::MutexLock lock(&mutex_);
  return closed_;
}

int64_t TaskQueue::size() const {
  absl::MutexLock lock(&mutex_);
  return std::ssize(entries_) + std::ssize(dead_);
}

QueueState TaskQueue::state() const {
  const absl::Time now = options_.clock();
  absl::MutexLock lock(&mutex_);
  QueueState state = {.num_tasks = std::ssize(entries_)};
  for (const auto& [place, entry] : entries_) {
    state.oldest_age = std::max(state.oldest_age, now - entry.enqueued);
  }
  return state;
}

}  // namespace parley
