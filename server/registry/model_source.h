// Where models are loaded from, as the command line and folders say it.
#ifndef PARLEY_SERVER_REGISTRY_MODEL_SOURCE_H_
#define PARLEY_SERVER_REGISTRY_MODEL_SOURCE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/api/compute_type.h"

namespace parley {

// Where a model is to be loaded from.
struct ModelSource {
  std::string name;
  std::string directory;
  // Unset: as the directory says.
  std::optional<ComputeType> compute_type;
};

// INVALID_ARGUMENT where it cannot be a model's name: names travel in messages
// of the wire and in log lines.
absl::Status CheckModelName(absl::string_view name);

// The models of a repository: each subfolder of `directory` that holds a
// config.json, its name the folder's, sorted; hidden folders are passed over.
// NOT_FOUND where the folder cannot be read or a name cannot be a model's;
// errors name the directory.
absl::StatusOr<std::vector<ModelSource>> ListModels(
    const std::string& directory);

// The same; NOT_FOUND where there is none, saying what a repository looks
// like.
absl::StatusOr<std::vector<ModelSource>> FindModels(
    const std::string& directory);

// Parses "name=path,other=path". INVALID_ARGUMENT names the part at fault.
absl::StatusOr<std::vector<ModelSource>> ParseModelList(absl::string_view list);

}  // namespace parley

#endif  // PARLEY_SERVER_REGISTRY_MODEL_SOURCE_H_
