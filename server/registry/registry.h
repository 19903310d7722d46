// The models that are served, by name.
#ifndef PARLEY_SERVER_REGISTRY_REGISTRY_H_
#define PARLEY_SERVER_REGISTRY_REGISTRY_H_

#include <map>
#include <memory>
#include <optional>
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

namespace parley {

enum class ModelState { kLoading, kReady, kFailed };

struct ModelEntry {
  std::string name;
  ModelState state = ModelState::kLoading;
  absl::Status failure;                // Why, where it failed.
  std::shared_ptr<ServedModel> model;  // Null unless ready.
};

// Where a model is to be loaded from.
struct ModelSource {
  std::string name;
  std::string directory;
  // Unset: as the directory says.
  std::optional<ComputeType> compute_type;
};

// Thread-safe. A name is declared once and then loaded once; declaring all
// names before loading any lets callers tell "not yet" from "never".
class Registry {
 public:
  // `runner` must outlive the registry; it drives every model that is loaded.
  Registry(ModelLoader loader, const LoadOptions& load_options,
           const TaskQueue::Options& queue_options, Runner* runner);

  // Has the models that are loaded from now on counted. `metrics` must outlive
  // them; null: nobody counts, which is the default. Before the first Load.
  void ReportTo(Metrics* metrics) { metrics_ = metrics; }

  // Lists the model as loading. ALREADY_EXISTS where the name is taken.
  absl::Status Declare(const std::string& name);

  // Loads a declared model on this thread and serves it from then on. The
  // entry shows its failure after one.
  // REQUIRES: declared, and not loaded before.
  absl::Status Load(const ModelSource& source, const LoadProgress& progress);

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

 private:
  // `entry` as it is now: engines are lost without the registry being told.
  static ModelEntry Current(const ModelEntry& entry);

  // The entry that an empty name means.
  absl::StatusOr<const ModelEntry*> FindOnly(ModelKind kind) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // The declared names as messages list them: "demo, opus-en-de".
  std::string Names() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ModelLoader loader_;
  const LoadOptions load_options_;
  const TaskQueue::Options queue_options_;
  Runner* const runner_;
  Metrics* metrics_ = nullptr;
  mutable absl::Mutex mutex_;
  std::map<std::string, ModelEntry> entries_ ABSL_GUARDED_BY(mutex_);
};

// The models of a repository: each subfolder of `directory` that holds a
// config.json, its name the folder's, sorted; hidden folders are passed over.
// NOT_FOUND where there is none, saying what a repository looks like; errors
// name the directory.
absl::StatusOr<std::vector<ModelSource>> FindModels(
    const std::string& directory);

// Parses "name=path,other=path". INVALID_ARGUMENT names the part at fault.
absl::StatusOr<std::vector<ModelSource>> ParseModelList(absl::string_view list);

}  // namespace parley

#endif  // PARLEY_SERVER_REGISTRY_REGISTRY_H_
