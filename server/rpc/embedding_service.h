// parley.v1.EmbeddingService.
#ifndef PARLEY_SERVER_RPC_EMBEDDING_SERVICE_H_
#define PARLEY_SERVER_RPC_EMBEDDING_SERVICE_H_

#include "grpcpp/grpcpp.h"
#include "parley/v1/embedding.grpc.pb.h"
#include "server/rpc/pipeline_call.h"
#include "server/rpc/request_stream.h"
#include "server/rpc/wire/call_router.h"

namespace parley {

// Thread-safe. Must outlive the server that has it, and all callbacks of the
// pipeline.
class EmbeddingService final : public WireService {
 public:
  explicit EmbeddingService(const CallEnvironment& environment)
      : environment_(environment) {}

  // Streams take no more requests from now on, and end once those that they
  // have taken are answered. The gate is to be closed before.
  void StopStreams() { streams_.StopAll(); }

  void AddMethods(CallRouter* router) override;
  grpc::Service* generated() override { return &generated_; }

 private:
  using Base = v1::EmbeddingService;
  using WithTokens = Base::WithGenericMethod_Tokenize<
      Base::WithGenericMethod_Detokenize<Base::Service>>;
  using WithHeads = Base::WithGenericMethod_Rerank<
      Base::WithGenericMethod_Classify<Base::WithGenericMethod_FillMask<
          Base::WithGenericMethod_NextSentence<WithTokens>>>>;
  using Generated = Base::WithGenericMethod_Embed<
      Base::WithGenericMethod_EmbedTokens<Base::WithGenericMethod_EmbedStream<
          Base::WithGenericMethod_Similarity<WithHeads>>>>;

  const CallEnvironment environment_;
  RequestStreamSet streams_;
  Generated generated_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_EMBEDDING_SERVICE_H_
