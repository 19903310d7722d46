// What the messages of several methods share.
#ifndef PARLEY_SERVER_RPC_CALL_MESSAGES_H_
#define PARLEY_SERVER_RPC_CALL_MESSAGES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"
#include "parley/v1/call.pb.h"
#include "parley/v1/translation.pb.h"
#include "server/pipeline/call.h"

namespace parley {

// INVALID_ARGUMENT: the enum field has a number that the enum does not.
absl::Status UnknownValue(absl::string_view field, int value,
                          absl::string_view type);

// INVALID_ARGUMENT where the priority is none.
absl::Status ReadCallOptions(const v1::CallOptions& options,
                             CallContext* context);

v1::Timing ToProto(const CallTiming& timing);

// SerializeMessage, with the size bounded as CheckAnswerSize has it.
absl::Status SerializeAnswer(const google::protobuf::Message& message,
                             const CallLimits& limits, grpc::ByteBuffer* bytes);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_CALL_MESSAGES_H_
