// Answers that were computed before, or are being computed for somebody else.
#ifndef PARLEY_SERVER_BATCHING_RESULT_CACHE_H_
#define PARLEY_SERVER_BATCHING_RESULT_CACHE_H_

#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "engine/api/task.h"
#include "server/batching/task_queue.h"

namespace parley {

// All that an answer hangs on: the model and its version, and everything that
// `entry` asks of it. Two tasks are the same where these strings are.
std::string ResultKey(absl::string_view model, absl::string_view version,
                      const QueueEntry& entry);

// A bounded map from ResultKey to results: the longest unused go first. Keys
// are compared whole, never by a hash alone. Tasks that are the same as one
// under way are not computed again, but wait for that one.
//
// Thread-safe; must outlive the entries. A result is that of the model's
// engine, bit for bit, so nobody can tell but by the time it takes.
class ResultCache {
 public:
  // `max_bytes`: of keys and results together, estimated.
  explicit ResultCache(int64_t max_bytes) : max_bytes_(max_bytes) {}

  enum class Found {
    kResult,    // entry.done has been called.
    kUnderWay,  // entry.done will be called with the other's.
    kNothing,   // The entry is to be pushed; what comes of it is kept here.
  };

  // Looks for what `entry` asks. Unless nothing is found, the entry is moved
  // from; else its `done`, `progress`, `deadline` and `cancel` are replaced, so
  // that it is computed for as long as anybody waits for it. It must be pushed
  // then, or its `done` be called with why not.
  //
  // Entries that want progress wait for others that do, and are told on this
  // thread of what is decided by then. `progress` must not call the cache.
  Found Find(std::string key, QueueEntry* entry);

  int64_t num_bytes() const;
  int64_t num_results() const;

 private:
  class SharedTask;
  // Results are read while others change the map.
  using Results =
      std::list<std::pair<std::string, std::shared_ptr<const TaskResult>>>;

  // Has `entry` wait for the same task, which it returns; or has it be the
  // first to, and returns null.
  std::shared_ptr<SharedTask> JoinOrBegin(std::string key, QueueEntry* entry)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What came of a task that others may wait for.
  void Complete(const std::string& key, const std::string& shared_key,
                const std::shared_ptr<SharedTask>& task, TaskOutcome outcome);
  void Keep(const std::string& key, std::shared_ptr<const TaskResult> result)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int64_t max_bytes_;
  mutable absl::Mutex mutex_;
  Results results_ ABSL_GUARDED_BY(mutex_);  // Latest used first.
  // Keys are those of the list.
  absl::flat_hash_map<absl::string_view, Results::iterator> by_key_
      ABSL_GUARDED_BY(mutex_);
  // Keys that others may join, with what must be the same besides.
  absl::flat_hash_map<std::string, std::shared_ptr<SharedTask>> under_way_
      ABSL_GUARDED_BY(mutex_);
  int64_t num_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_RESULT_CACHE_H_
