// The thread that tells the owners of tasks what became of them.
#ifndef PARLEY_SERVER_BATCHING_COMPLETION_THREAD_H_
#define PARLEY_SERVER_BATCHING_COMPLETION_THREAD_H_

#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "server/batching/task_queue.h"

namespace parley {

// An outcome on its way to the owner of its task.
struct Answer {
  absl::AnyInvocable<void(TaskOutcome)> done;
  TaskOutcome outcome;
};

// Calls `done` of every answer, one at a time, in the order they came, and
// destroys it on the same thread. What waits here is not bounded: a slow `done`
// delays answers, never whoever posts them.
//
// Thread-safe; a `done` may post, but not finish.
class CompletionThread {
 public:
  CompletionThread();
  ~CompletionThread();  // Finishes.
  CompletionThread(const CompletionThread&) = delete;
  CompletionThread& operator=(const CompletionThread&) = delete;

  // Takes the answers, leaving `answers` empty. REQUIRES: not finished.
  void Post(std::vector<Answer>* answers);

  // Returns once every answer has been given and the thread has ended.
  void Finish();

 private:
  void Run();

  absl::Mutex mutex_;
  std::vector<Answer> waiting_ ABSL_GUARDED_BY(mutex_);
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;

  absl::Mutex join_mutex_;  // Taken before mutex_.
  std::thread thread_ ABSL_GUARDED_BY(join_mutex_);
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_COMPLETION_THREAD_H_
