// Models for the services, without a registry.
#ifndef PARLEY_TESTS_SERVER_RPC_FAKE_DIRECTORY_H_
#define PARLEY_TESTS_SERVER_RPC_FAKE_DIRECTORY_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/pipeline/model_directory.h"
#include "tests/server/fake_model.h"

namespace parley {

inline std::shared_ptr<ServedModel> MakeServedModel(
    std::string name, std::shared_ptr<FakeEngineControl> control,
    const TaskQueue::Options& queue_options) {
  return Serve(std::move(name), MakeFakeModel(std::move(control)),
               queue_options);
}

class FakeDirectory final : public ModelDirectory {
 public:
  absl::StatusOr<std::shared_ptr<ServedModel>> Find(
      absl::string_view name, ModelKind kind) const override {
    for (const auto& model : models) {
      if (model->name == name || (name.empty() && model->info.kind == kind)) {
        return model;
      }
    }
    return absl::NotFoundError(absl::StrCat("no model \"", name, "\""));
  }

  std::vector<ModelListing> List() const override {
    std::vector<ModelListing> listings = unready;
    for (const auto& model : models) {
      listings.push_back({.name = model->name,
                          .state = ModelListing::State::kReady,
                          .model = model});
    }
    return listings;
  }

  std::vector<std::shared_ptr<ServedModel>> models;
  std::vector<ModelListing> unready;
};

}  // namespace parley

#endif  // PARLEY_TESTS_SERVER_RPC_FAKE_DIRECTORY_H_
