// parley.v1.TranslationService.
#ifndef PARLEY_SERVER_RPC_TRANSLATION_SERVICE_H_
#define PARLEY_SERVER_RPC_TRANSLATION_SERVICE_H_

#include "grpcpp/grpcpp.h"
#include "parley/v1/translation.grpc.pb.h"
#include "server/rpc/pipeline_call.h"

namespace parley {

// Thread-safe. Must outlive the grpc::Server that it is registered with, and
// that all callbacks of the pipeline.
class TranslationService final
    : public v1::TranslationService::WithRawCallbackMethod_Translate<
          v1::TranslationService::Service> {
 public:
  explicit TranslationService(const CallEnvironment& environment)
      : environment_(environment) {}

  grpc::ServerUnaryReactor* Translate(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;

 private:
  const CallEnvironment environment_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_TRANSLATION_SERVICE_H_
