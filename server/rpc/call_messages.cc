#include "server/rpc/call_messages.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace parley {
namespace {

google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<int>(
      absl::IDivDuration(duration, absl::Nanoseconds(1), &duration)));
  return proto;
}

}  // namespace

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
  *proto.mutable_tokenize() = ToProto(timing.tokenize);
  *proto.mutable_queue() = ToProto(timing.queue);
  *proto.mutable_compute() = ToProto(timing.compute);
  return proto;
}

}  // namespace parley
