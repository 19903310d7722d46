// Unary calls that are answered at once, without waiting for anything.
#ifndef PARLEY_SERVER_RPC_UNARY_CALL_H_
#define PARLEY_SERVER_RPC_UNARY_CALL_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/call_record.h"
#include "server/rpc/message_parsing.h"
#include "server/rpc/status_conversion.h"
#include "server/rpc/wire/wire_call.h"

namespace parley {

// Finishes a call without an answer. `record` may be null.
inline void RefuseCall(WireCall* call, CallRecord* record,
                       const absl::Status& status) {
  // Before the peer hears of it, so that who has it finds it counted.
  if (record != nullptr) record->End(status);
  call->Finish(ToGrpcStatus(status, call->context()));
}

// Finishes a call with its answer, or with `status` where that is an error.
inline void FinishCall(WireCall* call, CallRecord* record,
                       const absl::Status& status,
                       const grpc::ByteBuffer& response) {
  if (!status.ok()) {
    RefuseCall(call, record, status);
    return;
  }
  if (record != nullptr) record->End(status);
  call->FinishWith(response);
}

// Parses the request, lets `handler` fill the response, and finishes the call.
// `handler` runs on this thread and may not block. `record` may be null.
template <typename Request, typename Response>
void AnswerUnaryCall(
    const RequestWire& wire, CallRecord* record,
    absl::FunctionRef<absl::Status(const Request&, Response*)> handler) {
  Request request;
  Response response;
  grpc::ByteBuffer bytes;
  absl::Status status = ParseMessage(wire.request, &request);
  if (status.ok()) status = handler(request, &response);
  if (status.ok()) status = SerializeMessage(response, &bytes);
  FinishCall(wire.call, record, status, bytes);
}

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_UNARY_CALL_H_
