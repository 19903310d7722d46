// Changes of what is served, as the wire's side of the server asks for them.
#ifndef PARLEY_SERVER_PIPELINE_MODEL_ADMIN_H_
#define PARLEY_SERVER_PIPELINE_MODEL_ADMIN_H_

#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "engine/api/compute_type.h"
#include "server/pipeline/model_directory.h"

namespace parley {

struct ModelChange {
  enum class Kind { kLoad, kReload, kUnload };

  Kind kind = Kind::kLoad;
  std::string name;
  // kLoad: empty: the folder of that name in the repository. kReload: empty:
  // where it was loaded from.
  std::string directory;
  // kLoad: unset: as flags and files say.
  std::optional<ComputeType> compute_type;
};

// Implementations are thread-safe.
class ModelAdmin {
 public:
  using Done = absl::AnyInvocable<void(absl::StatusOr<ModelListing> changed)>;

  virtual ~ModelAdmin() = default;

  // Makes the change, one after the other, and calls `done` exactly once, on
  // any thread, with what the model is then (of kUnload: its name only). The
  // change is made whether or not anybody still waits for it. ALREADY_EXISTS
  // where a model to be loaded is there, NOT_FOUND where another is not,
  // ABORTED where another change of it waits or is being made, UNAVAILABLE
  // where the server is going down; else why it cannot be loaded.
  virtual void Change(ModelChange change, Done done) = 0;
};

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_MODEL_ADMIN_H_
