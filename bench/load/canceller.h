// Cancels calls at their time.
#ifndef PARLEY_BENCH_LOAD_CANCELLER_H_
#define PARLEY_BENCH_LOAD_CANCELLER_H_

#include <functional>
#include <queue>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace parley::load {

// Runs what it is given when it is due, on a thread of its own. Any thread.
class Canceller {
 public:
  Canceller();
  // What is not due yet is dropped.
  ~Canceller();
  Canceller(const Canceller&) = delete;
  Canceller& operator=(const Canceller&) = delete;

  void Add(absl::Time due, std::function<void()> cancel);

 private:
  struct Entry {
    absl::Time due;
    std::function<void()> cancel;
    bool operator<(const Entry& other) const { return due > other.due; }
  };

  void Run();

  absl::Mutex mutex_;
  absl::CondVar changed_;
  std::priority_queue<Entry> entries_ ABSL_GUARDED_BY(mutex_);  // Next on top.
  bool is_closed_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace parley::load

#endif  // PARLEY_BENCH_LOAD_CANCELLER_H_
