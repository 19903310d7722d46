// Streams that are not let in.
#ifndef PARLEY_SERVER_RPC_REFUSED_STREAM_H_
#define PARLEY_SERVER_RPC_REFUSED_STREAM_H_

#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/status_conversion.h"

namespace parley {

// Ends with `status` at once. `Reactor` is gRPC's for that shape of stream; it
// deletes itself.
template <typename Reactor>
class RefusedStream final : public Reactor {
 public:
  RefusedStream(const absl::Status& status,
                grpc::CallbackServerContext* context) {
    this->Finish(ToGrpcStatus(status, context));
  }
  void OnDone() override { delete this; }
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_REFUSED_STREAM_H_
