#include "server/rpc/pipeline_call.h"

namespace parley {

absl::StatusOr<std::shared_ptr<ServedModel>> FindModel(
    const ModelDirectory& models, const std::string& name, Method method) {
  absl::StatusOr<std::shared_ptr<ServedModel>> model =
      models.Find(name, KindFor(method));
  if (!model.ok()) return model;
  absl::Status can = CheckMethod(**model, method);
  if (!can.ok()) return can;
  return model;
}

}  // namespace parley
