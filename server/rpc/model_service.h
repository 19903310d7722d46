// parley.v1.ModelService: what is served.
#ifndef PARLEY_SERVER_RPC_MODEL_SERVICE_H_
#define PARLEY_SERVER_RPC_MODEL_SERVICE_H_

#include "grpcpp/grpcpp.h"
#include "parley/v1/model.grpc.pb.h"
#include "server/pipeline/call.h"
#include "server/pipeline/model_directory.h"
#include "server/rpc/call_record.h"

namespace parley {

// Thread-safe; every call is answered at once.
class ModelService final
    : public v1::ModelService::WithRawCallbackMethod_ListModels<
          v1::ModelService::WithRawCallbackMethod_GetModel<
              v1::ModelService::Service>> {
 public:
  // `models` must outlive the service.
  ModelService(const ModelDirectory* models, const CallLimits& limits,
               const CallReporting& reporting = {})
      : models_(models), limits_(limits), reporting_(reporting) {}

  grpc::ServerUnaryReactor* ListModels(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetModel(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;

 private:
  v1::Model ToProto(const ModelListing& listing) const;

  const ModelDirectory* const models_;
  const CallLimits limits_;
  const CallReporting reporting_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_MODEL_SERVICE_H_
