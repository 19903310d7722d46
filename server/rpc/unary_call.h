// Unary calls that are answered at once, without waiting for anything.
#ifndef PARLEY_SERVER_RPC_UNARY_CALL_H_
#define PARLEY_SERVER_RPC_UNARY_CALL_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/call_record.h"
#include "server/rpc/message_parsing.h"
#include "server/rpc/status_conversion.h"

namespace parley {

// gRPC's three arguments of a raw unary method.
struct UnaryWire {
  grpc::CallbackServerContext* context;
  const grpc::ByteBuffer* request;
  grpc::ByteBuffer* response;
};

// Finishes a call with what came of it. gRPC's own reactor: what is done with
// it is done on this thread, where another one would go to a further thread to
// be told that it is over.
inline grpc::ServerUnaryReactor* FinishUnaryCall(const UnaryWire& wire,
                                                 CallRecord* record,
                                                 const absl::Status& status) {
  // Before the answer, so that who has it finds it counted.
  if (record != nullptr) record->End(status);
  grpc::ServerUnaryReactor* reactor = wire.context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status, wire.context));
  return reactor;
}

// Parses the request, lets `handler` fill the response, and finishes the call.
// `handler` runs on this thread and may not block. `record` may be null.
template <typename Request, typename Response>
grpc::ServerUnaryReactor* AnswerUnaryCall(
    const UnaryWire& wire, CallRecord* record,
    absl::FunctionRef<absl::Status(const Request&, Response*)> handler) {
  Request request;
  Response response;
  absl::Status status = ParseMessage(wire.request, &request);
  if (status.ok()) status = handler(request, &response);
  if (status.ok()) status = SerializeMessage(response, wire.response);
  return FinishUnaryCall(wire, record, status);
}

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_UNARY_CALL_H_
