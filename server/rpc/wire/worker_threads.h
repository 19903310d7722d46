// Threads for work that would keep a loop of calls from its other calls.
#ifndef PARLEY_SERVER_RPC_WIRE_WORKER_THREADS_H_
#define PARLEY_SERVER_RPC_WIRE_WORKER_THREADS_H_

#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace parley {

// Thread-safe.
class WorkerThreads {
 public:
  // REQUIRES: num_threads > 0.
  explicit WorkerThreads(int num_threads);
  // Waits until all that was posted has been done.
  ~WorkerThreads();
  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;

  // Has `work` done, in its turn. What waits here is not bounded.
  void Post(absl::AnyInvocable<void()> work);

 private:
  void Run();

  absl::Mutex mutex_;
  std::deque<absl::AnyInvocable<void()>> waiting_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_WIRE_WORKER_THREADS_H_
