// parley.v1.TranslationService.
#ifndef PARLEY_SERVER_RPC_TRANSLATION_SERVICE_H_
#define PARLEY_SERVER_RPC_TRANSLATION_SERVICE_H_

#include "grpcpp/grpcpp.h"
#include "parley/v1/translation.grpc.pb.h"
#include "server/rpc/pipeline_call.h"
#include "server/rpc/request_stream.h"

namespace parley {

// gRPC's base of a service whose methods all take and give bytes.
namespace raw_translation {

using Base = v1::TranslationService;
using Service = Base::WithRawCallbackMethod_Translate<
    Base::WithRawCallbackMethod_TranslateStream<
        Base::WithRawCallbackMethod_TranslateBatchStream<Base::Service>>>;

}  // namespace raw_translation

// Thread-safe. Must outlive the grpc::Server that it is registered with, and
// that all callbacks of the pipeline.
class TranslationService final : public raw_translation::Service {
 public:
  explicit TranslationService(const CallEnvironment& environment)
      : environment_(environment) {}

  // Batch streams take no more requests from now on, and end once those that
  // they have taken are answered. The gate is to be closed before.
  void StopStreams() { streams_.StopAll(); }

  grpc::ServerUnaryReactor* Translate(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;
  grpc::ServerWriteReactor<grpc::ByteBuffer>* TranslateStream(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>*
  TranslateBatchStream(grpc::CallbackServerContext* context) override;

 private:
  const CallEnvironment environment_;
  RequestStreamSet streams_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_TRANSLATION_SERVICE_H_
