// parley.v1.EmbeddingService.
#ifndef PARLEY_SERVER_RPC_EMBEDDING_SERVICE_H_
#define PARLEY_SERVER_RPC_EMBEDDING_SERVICE_H_

#include "grpcpp/grpcpp.h"
#include "parley/v1/embedding.grpc.pb.h"
#include "server/rpc/pipeline_call.h"
#include "server/rpc/request_stream.h"

namespace parley {

// gRPC's base of a service whose methods all take and give bytes.
namespace raw_embedding {

using Base = v1::EmbeddingService;
using WithTokens = Base::WithRawCallbackMethod_Tokenize<
    Base::WithRawCallbackMethod_Detokenize<Base::Service>>;
using WithHeads = Base::WithRawCallbackMethod_Rerank<
    Base::WithRawCallbackMethod_Classify<Base::WithRawCallbackMethod_FillMask<
        Base::WithRawCallbackMethod_NextSentence<WithTokens>>>>;
using Service =
    Base::WithRawCallbackMethod_Embed<Base::WithRawCallbackMethod_EmbedTokens<
        Base::WithRawCallbackMethod_EmbedStream<
            Base::WithRawCallbackMethod_Similarity<WithHeads>>>>;

}  // namespace raw_embedding

// Thread-safe. Must outlive the grpc::Server that it is registered with, and
// that all callbacks of the pipeline.
class EmbeddingService final : public raw_embedding::Service {
 public:
  explicit EmbeddingService(const CallEnvironment& environment)
      : environment_(environment) {}

  // Streams take no more requests from now on, and end once those that they
  // have taken are answered. The gate is to be closed before.
  void StopStreams() { streams_.StopAll(); }

  grpc::ServerUnaryReactor* Embed(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* EmbedTokens(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* EmbedStream(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* Similarity(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Rerank(grpc::CallbackServerContext* context,
                                   const grpc::ByteBuffer* request,
                                   grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Classify(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* FillMask(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* NextSentence(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* request,
                                         grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Tokenize(grpc::CallbackServerContext* context,
                                     const grpc::ByteBuffer* request,
                                     grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* Detokenize(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* request,
                                       grpc::ByteBuffer* response) override;

 private:
  const CallEnvironment environment_;
  RequestStreamSet streams_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_EMBEDDING_SERVICE_H_
