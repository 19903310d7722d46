// Bytes of the wire to messages, with errors that say what is wrong.
//
// The services take their requests as bytes, because gRPC's own handlers
// answer a request that does not parse with UNIMPLEMENTED and no word more.
#ifndef PARLEY_SERVER_RPC_MESSAGE_PARSING_H_
#define PARLEY_SERVER_RPC_MESSAGE_PARSING_H_

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "grpcpp/support/byte_buffer.h"

namespace parley {

// Makes protobuf report to ParseMessage instead of writing lines to standard
// error that any peer could provoke. Protobuf's handler is global and changing
// it is not thread-safe: call once, before anything is served.
void RouteProtobufLog();

// Parses `bytes`, which may be null, into *message. INVALID_ARGUMENT names the
// message's type, and the field where a string is not valid UTF-8 (after
// RouteProtobufLog only). Any thread.
absl::Status ParseMessage(const grpc::ByteBuffer* bytes,
                          google::protobuf::Message* message);

// The other direction. INTERNAL where it cannot be done (messages end at
// 2 GiB).
absl::Status SerializeMessage(const google::protobuf::Message& message,
                              grpc::ByteBuffer* bytes);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_MESSAGE_PARSING_H_
