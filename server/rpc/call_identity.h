// What a call is called in the logs of all that have to do with it.
#ifndef PARLEY_SERVER_RPC_CALL_IDENTITY_H_
#define PARLEY_SERVER_RPC_CALL_IDENTITY_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/trace_context.h"

namespace parley {

inline constexpr char kRequestIdKey[] = "x-request-id";
inline constexpr char kTraceparentKey[] = "traceparent";

// Longer ones are replaced.
inline constexpr size_t kMaxRequestIdBytes = 128;

struct CallIdentity {
  std::string request_id;
  std::optional<TraceContext> trace;  // With a span of our own.
};

// `given`, where it is visible ASCII of one to kMaxRequestIdBytes; else a new
// one, 128 random bits in hexadecimal digits.
std::string RequestIdFrom(absl::string_view given);

// Reads the request id and the trace from the metadata of a call that has come
// in, and puts both into the initial metadata of its answer.
// REQUIRES: nothing has been answered yet.
CallIdentity TakeIdentity(grpc::ServerContextBase* context);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_CALL_IDENTITY_H_
