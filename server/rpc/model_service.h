// parley.v1.ModelService: what is served, and how that is changed.
#ifndef PARLEY_SERVER_RPC_MODEL_SERVICE_H_
#define PARLEY_SERVER_RPC_MODEL_SERVICE_H_

#include <string>

#include "absl/status/statusor.h"
#include "grpcpp/grpcpp.h"
#include "parley/v1/model.grpc.pb.h"
#include "server/pipeline/call.h"
#include "server/pipeline/model_admin.h"
#include "server/pipeline/model_directory.h"
#include "server/rpc/call_record.h"
#include "server/rpc/wire/call_router.h"
#include "server/rpc/wire/wire_call.h"

namespace parley {

// Thread-safe; calls that ask are answered at once, those that change what is
// served when that is done.
class ModelService final : public WireService {
 public:
  // Who may change what is served, and is told why a model failed: that names
  // what lies where on the server.
  struct Administration {
    ModelAdmin* admin = nullptr;  // Null: nobody here.
    std::string elsewhere;  // Then: what to do instead, for PERMISSION_DENIED.
  };

  // `models` and the admin must outlive the service. The admin may call back
  // when the service is gone.
  ModelService(const ModelDirectory* models, const CallLimits& limits,
               Administration administration,
               const CallReporting& reporting = {})
      : models_(models),
        limits_(limits),
        administration_(std::move(administration)),
        reporting_(reporting) {}

  void AddMethods(CallRouter* router) override;
  grpc::Service* generated() override { return &generated_; }

 private:
  using Base = v1::ModelService;
  using WithChanges =
      Base::WithGenericMethod_LoadModel<Base::WithGenericMethod_UnloadModel<
          Base::WithGenericMethod_ReloadModel<Base::Service>>>;
  using Generated = Base::WithGenericMethod_ListModels<
      Base::WithGenericMethod_GetModel<WithChanges>>;

  void ListModels(const RequestWire& wire);
  void GetModel(const RequestWire& wire);

  // What this port says of a model.
  v1::Model Describe(const ModelListing& listing) const;

  // Has the change made that a request asks for, and answers with what
  // `to_response` makes of it.
  template <typename Request, typename ToResponse>
  void Change(absl::string_view method, const RequestWire& wire,
              absl::StatusOr<ModelChange> (*to_change)(const Request&),
              ToResponse to_response);

  const ModelDirectory* const models_;
  const CallLimits limits_;
  const Administration administration_;
  const CallReporting reporting_;
  Generated generated_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_MODEL_SERVICE_H_
