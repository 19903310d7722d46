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
  LoadedModel loaded = MakeFakeModel(std::move(control));
  auto model = std::make_shared<ServedModel>();
  model->name = std::move(name);
  model->info = std::move(loaded.info);
  model->tokenizer = std::move(loaded.tokenizer);
  model->engine = std::move(loaded.engine);
  model->queue = std::make_unique<TaskQueue>(queue_options);
  return model;
}

class FakeDirectory final : public ModelDirectory {
 public:
  absl::StatusOr<std::shared_ptr<ServedModel>> Find(
      absl::string_view name) const override {
    for (const auto& model : models) {
      if (model->name == name || name.empty()) return model;
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
