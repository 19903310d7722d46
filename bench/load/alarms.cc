#include "bench/load/alarms.h"

#include <utility>

#include "absl/time/clock.h"

namespace parley::load {

Alarms::Alarms() : thread_([this] { Run(); }) {}

Alarms::~Alarms() {
  {
    absl::MutexLock lock(&mutex_);
    is_closed_ = true;
    changed_.Signal();
  }
  thread_.join();
}

void Alarms::Add(absl::Time due, std::function<void()> act) {
  absl::MutexLock lock(&mutex_);
  entries_.push({due, std::move(act)});
  changed_.Signal();
}

void Alarms::Run() {
  absl::MutexLock lock(&mutex_);
  while (!is_closed_) {
    const absl::Time due =
        entries_.empty() ? absl::InfiniteFuture() : entries_.top().due;
    if (due > absl::Now()) {
      changed_.WaitWithDeadline(&mutex_, due);
      continue;
    }
    const std::function<void()> act = entries_.top().act;
    entries_.pop();
    mutex_.Unlock();
    act();
    mutex_.Lock();
  }
}

}  // namespace parley::load
