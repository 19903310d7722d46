// The registry as the services see it.
#ifndef PARLEY_SERVER_REGISTRY_DIRECTORY_H_
#define PARLEY_SERVER_REGISTRY_DIRECTORY_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/pipeline/model_directory.h"
#include "server/registry/registry.h"

namespace parley {

ModelListing ToListing(ModelEntry entry);

// Thread-safe.
class RegistryDirectory final : public ModelDirectory {
 public:
  // `registry` must outlive the directory.
  explicit RegistryDirectory(const Registry* registry) : registry_(registry) {}

  absl::StatusOr<std::shared_ptr<ServedModel>> Find(
      absl::string_view name, ModelKind kind) const override;
  std::vector<ModelListing> List() const override;

 private:
  const Registry* const registry_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_REGISTRY_DIRECTORY_H_
