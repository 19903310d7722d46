// The models that are served, as the wire's side of the server sees them.
#ifndef PARLEY_SERVER_PIPELINE_MODEL_DIRECTORY_H_
#define PARLEY_SERVER_PIPELINE_MODEL_DIRECTORY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/api/model.h"
#include "server/batching/served_model.h"

namespace parley {

// One model, whether or not it can be used.
struct ModelListing {
  enum class State { kLoading, kReady, kFailed };

  std::string name;
  State state = State::kLoading;
  // Why its last load failed, or its engine was lost; OK: neither.
  absl::Status last_error;
  std::shared_ptr<const ServedModel> model;  // Null unless ready.
};

// Implementations are thread-safe.
class ModelDirectory {
 public:
  virtual ~ModelDirectory() = default;

  // The model that a request means by `name`, whatever its kind; an empty name
  // means the only one of `kind`. Errors are for the requester to read:
  // NOT_FOUND lists the names.
  virtual absl::StatusOr<std::shared_ptr<ServedModel>> Find(
      absl::string_view name, ModelKind kind) const = 0;

  // By name.
  virtual std::vector<ModelListing> List() const = 0;
};

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_MODEL_DIRECTORY_H_
