#include "bench/load/canceller.h"

#include <utility>

#include "absl/time/clock.h"

namespace parley::load {

Canceller::Canceller() : thread_([this] { Run(); }) {}

Canceller::~Canceller() {
  {
    absl::MutexLock lock(&mutex_);
    is_closed_ = true;
    changed_.Signal();
  }
  thread_.join();
}

void Canceller::Add(absl::Time due, std::function<void()> cancel) {
  absl::MutexLock lock(&mutex_);
  entries_.push({due, std::move(cancel)});
  changed_.Signal();
}

void Canceller::Run() {
  absl::MutexLock lock(&mutex_);
  while (!is_closed_) {
    const absl::Time due =
        entries_.empty() ? absl::InfiniteFuture() : entries_.top().due;
    if (due > absl::Now()) {
      changed_.WaitWithDeadline(&mutex_, due);
      continue;
    }
    const std::function<void()> cancel = entries_.top().cancel;
    entries_.pop();
    mutex_.Unlock();
    cancel();
    mutex_.Lock();
  }
}

}  // namespace parley::load
