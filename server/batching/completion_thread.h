// The thread that tells the owners of tasks what became of them.
#ifndef PARLEY_SERVER_BATCHING_COMPLETION_THREAD_H_
#define PARLEY_SERVER_BATCHING_COMPLETION_THREAD_H_

#include <functional>
#include <thread>
#include <variant>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "engine/api/task.h"
#include "server/batching/task_queue.h"

namespace parley {

// An outcome on its way to the owner of its task.
struct Answer {
  absl::AnyInvocable<void(TaskOutcome)> done;
  TaskOutcome outcome;
};

// How far a task has come, on its way to its owner.
struct News {
  std::function<void(std::vector<TokenId>)> progress;
  std::vector<TokenId> token_ids;
};

using Message = std::variant<News, Answer>;

// Calls back, and destroys what was called.
void Deliver(Message message);

// Delivers messages, one at a time, in the order they came. What waits here is
// not bounded: a slow callback delays others, never whoever posts them.
//
// Thread-safe; a callback may post, but not finish.
class CompletionThread {
 public:
  CompletionThread();
  ~CompletionThread();  // Finishes.
  CompletionThread(const CompletionThread&) = delete;
  CompletionThread& operator=(const CompletionThread&) = delete;

  // Takes the messages, leaving `messages` empty. REQUIRES: not finished.
  void Post(std::vector<Message>* messages);

  // Returns once every message has been delivered and the thread has ended.
  void Finish();

 private:
  void Run();

  absl::Mutex mutex_;
  std::vector<Message> waiting_ ABSL_GUARDED_BY(mutex_);
  bool finishing_ ABSL_GUARDED_BY(mutex_) = false;

  absl::Mutex join_mutex_;  // Taken before mutex_.
  std::thread thread_ ABSL_GUARDED_BY(join_mutex_);
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_COMPLETION_THREAD_H_
