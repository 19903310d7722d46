// The models that are served, by name, and how they change.
#ifndef PARLEY_SERVER_REGISTRY_REGISTRY_H_
#define PARLEY_SERVER_REGISTRY_REGISTRY_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "engine/api/model.h"
#include "server/batching/runner.h"
#include "server/batching/served_model.h"
#include "server/metrics/metrics.h"
#include "server/registry/model_source.h"

namespace parley {

enum class ModelState { kLoading, kReady, kFailed };

struct ModelEntry {
  std::string name;
  ModelState state = ModelState::kLoading;
  // Why the last load failed, while an earlier version may be served; or how
  // the engine was lost.
  absl::Status last_error;
  std::shared_ptr<ServedModel> model;  // Null unless ready.
};

// Thread-safe. A name that is to be loaded may be declared before, which lets
// callers tell "not yet" from "never".
//
// Each load of a name makes a version of its own: "1", "2" and so on, also
// after the name was unloaded. Whoever has found a version may go on using it
// after the registry has let go of it; with the last who holds it, its queue is
// closed and the runner lets go of it, too.
//
// One change of a name at a time: what comes while it is loaded or reloaded is
// refused with ABORTED, and nothing has changed.
class Registry {
 public:
  // `runner` must outlive the registry, and all models found in it; it drives
  // every model that is loaded.
  Registry(ModelLoader loader, const LoadOptions& load_options,
           const TaskQueue::Options& queue_options, Runner* runner);

  // Has the models that are loaded from now on counted. `metrics` must outlive
  // them; null: nobody counts, which is the default. Before the first Load.
  void ReportTo(Metrics* metrics) { metrics_ = metrics; }

  // Lists the model as loading. ALREADY_EXISTS where the name is taken,
  // INVALID_ARGUMENT where it is none.
  absl::Status Declare(const std::string& name);

  // Loads a model on this thread and serves it from then on. Where it fails, a
  // declared one is listed as failed, another one is not listed. Else the
  // errors of Declare.
  absl::Status Load(const ModelSource& source, const LoadProgress& progress);

  // Loads a model anew on this thread, from `directory` or, where that is
  // empty, from where it was loaded before; has it answer a first task; and
  // serves it in place of the version until then. Where it fails, all is as
  // before but for last_error. NOT_FOUND where there is no such model.
  absl::Status Reload(const std::string& name, const std::string& directory,
                      const LoadProgress& progress);

  // Takes the model off the list. Calls that have found it are answered.
  // NOT_FOUND where there is no such model.
  absl::Status Unload(const std::string& name);

  // Where the model is, or is being, loaded from; NOT_FOUND.
  absl::StatusOr<ModelSource> SourceOf(const std::string& name) const;

  // The model of that name, whatever its kind; an empty name means the only one
  // of `kind`, where models that never loaded count as of any kind: what a
  // request means must not hang on which models happen to work. NOT_FOUND,
  // listing the names, where there is none such; INVALID_ARGUMENT where the
  // name is empty and several may be meant; UNAVAILABLE where it, or one that
  // may be meant, is still loading; FAILED_PRECONDITION where it could not be
  // loaded or its engine was lost.
  absl::StatusOr<std::shared_ptr<ServedModel>> Find(absl::string_view name,
                                                    ModelKind kind) const;

  // By name. A model whose engine was lost is listed as failed.
  std::vector<ModelEntry> List() const;
  absl::StatusOr<ModelEntry> Get(const std::string& name) const;

 private:
  struct Slot {
    ModelEntry entry;
    ModelSource source;  // Of the last load.
    bool was_declared = false;
    bool is_changing = false;  // A thread is loading it.
  };

  // `entry` as it is now: engines are lost without the registry being told.
  static ModelEntry Current(const ModelEntry& entry);

  // The name's slot; ABORTED where another thread is changing it.
  absl::StatusOr<Slot*> FindIdle(const std::string& name)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<const Slot*> FindSlot(const std::string& name) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Takes the name's slot for a load, which EndLoad ends.
  absl::Status BeginLoad(const ModelSource& source);
  absl::StatusOr<ModelSource> BeginReload(const std::string& name,
                                          const std::string& directory);
  absl::Status EndLoad(const ModelSource& source,
                       absl::StatusOr<std::shared_ptr<ServedModel>> loaded);

  // A new version of the model, known to the runner.
  absl::StatusOr<std::shared_ptr<ServedModel>> MakeVersion(
      const ModelSource& source, const LoadProgress& progress);

  // The entry that an empty name means.
  absl::StatusOr<const ModelEntry*> FindOnly(ModelKind kind) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // The names as messages list them: "demo, opus-en-de".
  std::string Names() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status NotServed(absl::string_view name) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ModelLoader loader_;
  const LoadOptions load_options_;
  const TaskQueue::Options queue_options_;
  Runner* const runner_;
  Metrics* metrics_ = nullptr;
  mutable absl::Mutex mutex_;
  std::map<std::string, Slot> slots_ ABSL_GUARDED_BY(mutex_);  // By name.
  // Versions that each name has had, unloaded ones, too.
  std::map<std::string, int> num_versions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace parley

#endif  // PARLEY_SERVER_REGISTRY_REGISTRY_H_
