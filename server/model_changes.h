// The thread on which models are loaded, reloaded and unloaded.
#ifndef PARLEY_SERVER_MODEL_CHANGES_H_
#define PARLEY_SERVER_MODEL_CHANGES_H_

#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/compute_types.h"
#include "server/pipeline/model_admin.h"
#include "server/registry/registry.h"
#include "server/registry/repository_changes.h"

namespace parley {

// Makes one change after the other, each on a thread of its own, so that no
// more than one model is in memory twice; while nothing else is to be done,
// looks at the repository. What came of a change is also logged.
//
// Thread-safe.
class ModelChanges final : public ModelAdmin {
 public:
  // Changes that wait at most; more are refused with RESOURCE_EXHAUSTED.
  static constexpr size_t kMaxWaiting = 64;

  struct Options {
    std::string repository;  // Empty: none.
    ComputeTypes compute_types;
    absl::Duration watch_interval = absl::Seconds(5);
    // Called after each change, on its thread.
    std::function<void()> changed = [] {};
  };

  // `registry` must outlive this.
  ModelChanges(Options options, Registry* registry);
  // Stops, and waits for a change that is being made.
  ~ModelChanges() override;

  void Change(ModelChange change, Done done) override;

  // Runs `work` in its turn, as a change is made. Not at all once stopped.
  void Run(absl::AnyInvocable<void()> work);

  // Looks at the repository from now on, which was like `loaded` before its
  // models were.
  void Watch(const RepositorySnapshot& loaded);

  // Takes no more changes, and answers those that wait with UNAVAILABLE.
  void Stop();

  // Whether the thread is in the midst of something.
  bool busy() const;

 private:
  struct Order {
    // Does the work; or says, where it will not be done, that it is refused.
    absl::AnyInvocable<void(absl::Status refused)> run;
    std::string name;  // Of the model; empty: none.
  };

  void Loop();
  // Waits for what is to be done next; nothing once stopped.
  std::optional<Order> Next();
  // Queues it, or refuses it at once.
  void Post(Order order);
  absl::Status TryPost(Order* order);

  absl::StatusOr<ModelListing> Make(const ModelChange& change);
  absl::Status Load(const ModelChange& change);
  absl::Status Reload(const ModelChange& change);
  absl::Status Unload(const ModelChange& change);

  void LookAtRepository();
  void Follow(const FolderChange& change);

  const Options options_;
  Registry* const registry_;

  mutable absl::Mutex mutex_;
  std::deque<Order> orders_ ABSL_GUARDED_BY(mutex_);
  // Of models that orders wait for, or that one is at work for.
  std::set<std::string> names_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time next_look_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time next_trim_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();

  // Set before next_look_, then of the thread that looks.
  std::optional<RepositoryChanges> repository_;
  bool repository_failed_ = false;

  std::thread thread_;  // Uses all of the above.
};

}  // namespace parley

#endif  // PARLEY_SERVER_MODEL_CHANGES_H_
