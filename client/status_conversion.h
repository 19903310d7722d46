// What the wire has for a status, to absl::Status.
#ifndef PARLEY_CLIENT_STATUS_CONVERSION_H_
#define PARLEY_CLIENT_STATUS_CONVERSION_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "google/rpc/status.pb.h"

namespace parley::client {

// The same code and message; codes that gRPC does not define become UNKNOWN. A
// google.rpc.RetryInfo among the details is kept (base/retry_after.h).

// Of a whole call.
absl::Status ToAbslStatus(const grpc::Status& status);
// Of one item inside an answer.
absl::Status ToAbslStatus(const google::rpc::Status& status);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_STATUS_CONVERSION_H_
