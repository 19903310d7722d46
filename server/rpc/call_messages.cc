#include "server/rpc/call_messages.h"

#include "absl/strings/str_cat.h"
#include "server/rpc/duration_message.h"
#include "server/rpc/message_parsing.h"

namespace parley {
absl::Status UnknownValue(absl::string_view field, int value,
                          absl::string_view type) {
  return absl::InvalidArgumentError(
      absl::StrCat(field, ": ", value, " is no value of ", type));
}

absl::Status ReadCallOptions(const v1::CallOptions& options,
                             CallContext* context) {
  switch (options.priority()) {
    case v1::PRIORITY_UNSPECIFIED:
    case v1::PRIORITY_NORMAL:
      context->flow.priority = Priority::kNormal;
      break;
    case v1::PRIORITY_HIGH:
      context->flow.priority = Priority::kHigh;
      break;
    case v1::PRIORITY_LOW:
      context->flow.priority = Priority::kLow;
      break;
    default:
      return UnknownValue("call.priority", options.priority(), "Priority");
  }
  context->allow_partial = options.allow_partial();
  context->no_cache = options.no_cache();
  return absl::OkStatus();
}

v1::Timing ToProto(const CallTiming& timing) {
  v1::Timing proto;
  *proto.mutable_tokenize() = ToProtoDuration(timing.tokenize);
  *proto.mutable_queue() = ToProtoDuration(timing.queue);
  *proto.mutable_compute() = ToProtoDuration(timing.compute);
  return proto;
}

absl::Status SerializeAnswer(const google::protobuf::Message& message,
                             const CallLimits& limits,
                             grpc::ByteBuffer* bytes) {
  absl::Status fits =
      CheckAnswerSize(static_cast<int64_t>(message.ByteSizeLong()), limits);
  return fits.ok() ? SerializeMessage(message, bytes) : fits;
}

}  // namespace parley
