// Unary calls that are answered at once, without waiting for anything.
#ifndef PARLEY_SERVER_RPC_UNARY_CALL_H_
#define PARLEY_SERVER_RPC_UNARY_CALL_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/message_parsing.h"
#include "server/rpc/status_conversion.h"

namespace parley {

// Parses `request_bytes`, lets `handler` fill the response, and finishes the
// call. `handler` runs on this thread and may not block.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* AnswerUnaryCall(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request_bytes,
    grpc::ByteBuffer* response_bytes,
    absl::FunctionRef<absl::Status(const Request&, Response*)> handler) {
  Request request;
  Response response;
  absl::Status status = ParseMessage(request_bytes, &request);
  if (status.ok()) status = handler(request, &response);
  if (status.ok()) status = SerializeMessage(response, response_bytes);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status));
  return reactor;
}

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_UNARY_CALL_H_
