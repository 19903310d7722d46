// absl::Status to what the wire has for it. Only server/rpc converts.
#ifndef PARLEY_SERVER_RPC_STATUS_CONVERSION_H_
#define PARLEY_SERVER_RPC_STATUS_CONVERSION_H_

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

namespace parley {

// Messages longer than this are cut (at a character): gRPC sends them as
// metadata, of which clients accept 8 KiB, each byte taking up to three.
inline constexpr size_t kMaxStatusMessageBytes = 2000;

// The status of a whole call.
grpc::Status ToGrpcStatus(const absl::Status& status);

// The status of one item inside an answer.
google::rpc::Status ToRpcStatus(const absl::Status& status);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_STATUS_CONVERSION_H_
