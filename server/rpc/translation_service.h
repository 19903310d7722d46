// parley.v1.TranslationService: the wire's end of a translation call.
#ifndef PARLEY_SERVER_RPC_TRANSLATION_SERVICE_H_
#define PARLEY_SERVER_RPC_TRANSLATION_SERVICE_H_

#include <cstdint>

#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "parley/v1/translation.grpc.pb.h"
#include "server/pipeline/model_directory.h"
#include "server/pipeline/translate.h"
#include "server/rpc/call_gate.h"

namespace parley {

// Thread-safe. Every call is finished exactly once: with the pipeline's
// answer, or as soon as it is cancelled. Must outlive the grpc::Server that it
// is registered with, and that all callbacks of the pipeline.
class TranslationService final
    : public v1::TranslationService::WithRawCallbackMethod_Translate<
          v1::TranslationService::Service> {
 public:
  struct Options {
    TranslateLimits limits;
    // Requests of all calls being worked on, together.
    int64_t max_bytes_in_flight = int64_t{256} << 20;
  };

  // `models` must outlive the service.
  TranslationService(const ModelDirectory* models, const Options& options);

  grpc::ServerUnaryReactor* Translate(grpc::CallbackServerContext* context,
                                      const grpc::ByteBuffer* request,
                                      grpc::ByteBuffer* response) override;

  // Answers calls with UNAVAILABLE from now on; those inside go on.
  void StopAccepting() { gate_.Close(); }

  // Waits until no call is inside; false where some were at `deadline`.
  bool WaitUntilIdle(absl::Time deadline) {
    return gate_.WaitUntilEmpty(deadline);
  }

 private:
  const ModelDirectory* const models_;
  const Options options_;
  CallGate gate_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_TRANSLATION_SERVICE_H_
