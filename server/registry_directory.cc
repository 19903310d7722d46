#include "server/registry_directory.h"

#include <utility>

namespace parley {
namespace {

ModelListing::State ToListingState(ModelState state) {
  switch (state) {
    case ModelState::kLoading:
      return ModelListing::State::kLoading;
    case ModelState::kReady:
      return ModelListing::State::kReady;
    case ModelState::kFailed:
      break;
  }
  return ModelListing::State::kFailed;
}

}  // namespace

ModelListing ToListing(ModelEntry entry) {
  return {.name = std::move(entry.name),
          .state = ToListingState(entry.state),
          .last_error = std::move(entry.last_error),
          .model = std::move(entry.model)};
}

absl::StatusOr<std::shared_ptr<ServedModel>> RegistryDirectory::Find(
    absl::string_view name, ModelKind kind) const {
  return registry_->Find(name, kind);
}

std::vector<ModelListing> RegistryDirectory::List() const {
  std::vector<ModelListing> listings;
  for (ModelEntry& entry : registry_->List()) {
    listings.push_back(ToListing(std::move(entry)));
  }
  return listings;
}

}  // namespace parley
