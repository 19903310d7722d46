#include "server/batching/task_queue.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"
#include "server/batching/policy.h"

namespace parley {

TaskQueue::TaskQueue(const Options& options) : options_(options) {}

TaskQueue::~TaskQueue() {
  std::deque<QueueEntry> left;
  {
    absl::MutexLock lock(&mutex_);
    left.swap(entries_);
  }
  for (QueueEntry& entry : left) {
    entry.done({.result = absl::UnavailableError("nothing runs the model"),
                .queue_time = absl::ZeroDuration(),
                .compute_time = absl::ZeroDuration()});
  }
}

absl::Status TaskQueue::Push(std::vector<QueueEntry>&& entries) {
  if (entries.empty()) return absl::OkStatus();
  const absl::Time now = options_.clock();
  {
    absl::MutexLock lock(&mutex_);
    if (!closed_.ok()) return closed_;
    const int64_t num_waiting = static_cast<int64_t>(entries_.size());
    const int64_t num_new = static_cast<int64_t>(entries.size());
    if (num_new > options_.max_tasks - num_waiting) {
      return absl::ResourceExhaustedError(
          absl::StrCat("the queue is full: ", num_waiting, " of at most ",
                       options_.max_tasks, " tasks wait, and the call brings ",
                       num_new, "; try again later"));
    }
    for (QueueEntry& entry : entries) {
      entry.enqueued = now;
      entry.sequence = next_sequence_++;
      entries_.push_back(std::move(entry));
    }
  }
  entries.clear();
  if (listener_) listener_();
  return absl::OkStatus();
}

void TaskQueue::SetListener(std::function<void()> listener) {
  listener_ = std::move(listener);
}

std::optional<QueueEntry> TaskQueue::PopIf(
    absl::FunctionRef<bool(const QueueEntry&)> accept) {
  absl::MutexLock lock(&mutex_);
  if (entries_.empty() || !accept(entries_.front())) return std::nullopt;
  std::optional<QueueEntry> entry(std::move(entries_.front()));
  entries_.pop_front();
  return entry;
}

std::vector<QueueEntry> TaskQueue::TakeDead(absl::Time now) {
  std::vector<QueueEntry> dead;
  absl::MutexLock lock(&mutex_);
  // Nearly always nobody is dead: look first, and move entries only then.
  const auto is_dead = [now](const QueueEntry& entry) {
    return !StillWanted(entry, now).ok();
  };
  auto keep = std::find_if(entries_.begin(), entries_.end(), is_dead);
  for (auto entry = keep; entry != entries_.end(); ++entry) {
    if (is_dead(*entry)) {
      dead.push_back(std::move(*entry));
    } else {
      *keep++ = std::move(*entry);
    }
  }
  entries_.erase(keep, entries_.end());
  return dead;
}

void TaskQueue::PushFront(QueueEntry entry) {
  absl::MutexLock lock(&mutex_);
  const auto younger = std::find_if(entries_.begin(), entries_.end(),
                                    [&entry](const QueueEntry& other) {
                                      return other.sequence > entry.sequence;
                                    });
  entries_.insert(younger, std::move(entry));
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
  return static_cast<int64_t>(entries_.size());
}

}  // namespace parley
