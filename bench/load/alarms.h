// Acts at its time: cancels a call, sends the next.
#ifndef PARLEY_BENCH_LOAD_ALARMS_H_
#define PARLEY_BENCH_LOAD_ALARMS_H_

#include <functional>
#include <queue>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace parley::load {

// Runs what it is given when it is due, on a thread of its own. Any thread.
class Alarms {
 public:
  Alarms();
  // What is not due yet is dropped.
  ~Alarms();
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;

  void Add(absl::Time due, std::function<void()> act);

 private:
  struct Entry {
    absl::Time due;
    std::function<void()> act;
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

#endif  // PARLEY_BENCH_LOAD_ALARMS_H_
