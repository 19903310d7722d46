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

std::optional<EnteredCall> EnterCall(const CallEnvironment& environment,
                                     Method method, const RequestWire& wire) {
  auto record =
      std::make_shared<CallRecord>(environment.reporting, MethodName(method),
                                   TakeIdentity(wire.call->context()));
  absl::StatusOr<std::unique_ptr<CallInside>> inside =
      CallInside::Enter(environment.gate, *wire.call->context(), wire.request);
  if (!inside.ok()) {
    RefuseCall(wire.call, record.get(), inside.status());
    return std::nullopt;
  }
  return EnteredCall{.call = wire.call,
                     .request = *wire.request,
                     .record = std::move(record),
                     .inside = *std::move(inside)};
}

}  // namespace parley
