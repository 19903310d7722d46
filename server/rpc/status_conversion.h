// absl::Status to what the wire has for it. Only server/rpc converts.
#ifndef PARLEY_SERVER_RPC_STATUS_CONVERSION_H_
#define PARLEY_SERVER_RPC_STATUS_CONVERSION_H_

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/grpcpp.h"

namespace parley {

// Messages longer than this are cut (at a character): gRPC sends them as
// metadata, of which clients accept 8 KiB, each byte taking up to three.
inline constexpr size_t kMaxStatusMessageBytes = 2000;

// The status of a whole call. Where it says when to try again (GetRetryAfter),
// it carries a google.rpc.RetryInfo among its details, a little later at
// random, so that clients turned away together do not come back together.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The same, which also tells gRPC's own retries when, by the trailing metadata
// grpc-retry-pushback-ms of the call that it ends.
grpc::Status ToGrpcStatus(const absl::Status& status,
                          grpc::ServerContextBase* context);

// The status of one item inside an answer; RetryInfo as above.
google::rpc::Status ToRpcStatus(const absl::Status& status);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_STATUS_CONVERSION_H_
