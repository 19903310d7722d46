// parley.v1.TranslationService.
#ifndef PARLEY_SERVER_RPC_TRANSLATION_SERVICE_H_
#define PARLEY_SERVER_RPC_TRANSLATION_SERVICE_H_

#include "grpcpp/grpcpp.h"
#include "parley/v1/translation.grpc.pb.h"
#include "server/rpc/pipeline_call.h"
#include "server/rpc/request_stream.h"
#include "server/rpc/wire/call_router.h"

namespace parley {

// Thread-safe. Must outlive the server that has it, and all callbacks of the
// pipeline.
class TranslationService final : public WireService {
 public:
  explicit TranslationService(const CallEnvironment& environment)
      : environment_(environment) {}

  // Batch streams take no more requests from now on, and end once those that
  // they have taken are answered. The gate is to be closed before.
  void StopStreams() { streams_.StopAll(); }

  void AddMethods(CallRouter* router) override;
  grpc::Service* generated() override { return &generated_; }

 private:
  using Base = v1::TranslationService;
  using Generated =
      Base::WithGenericMethod_Translate<Base::WithGenericMethod_TranslateStream<
          Base::WithGenericMethod_TranslateBatchStream<Base::Service>>>;

  const CallEnvironment environment_;
  RequestStreamSet streams_;
  Generated generated_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_TRANSLATION_SERVICE_H_
