#include "server/rpc/status_conversion.h"

#include <optional>
#include <string>

#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/retry_after.h"
#include "base/utf8.h"
#include "google/rpc/error_details.pb.h"
#include "server/rpc/duration_message.h"

namespace parley {
namespace {

// What a message says of the outside may hold any bytes, but the wire takes
// valid UTF-8 only.
std::string WireMessage(absl::string_view message) {
  constexpr absl::string_view kCut = "...";
  if (message.size() <= kMaxStatusMessageBytes) return MakeValidUtf8(message);
  size_t end = kMaxStatusMessageBytes - kCut.size();
  // Step back to the start of a character: continuation bytes are 10xxxxxx.
  while (end > 0 && (message[end] & 0xC0) == 0x80) --end;
  return absl::StrCat(MakeValidUtf8(message.substr(0, end)), kCut);
}

// When to try again, with some chance in it.
std::optional<absl::Duration> RetryDelay(const absl::Status& status) {
  const std::optional<absl::Duration> after = GetRetryAfter(status);
  if (!after) return std::nullopt;
  thread_local absl::BitGen random;  // Seeding one is dear.
  return *after * absl::Uniform(random, 1.0, 1.5);
}

google::rpc::Status ToRpcStatus(const absl::Status& status,
                                std::optional<absl::Duration> retry_delay) {
  google::rpc::Status proto;
  proto.set_code(static_cast<int>(status.code()));
  proto.set_message(WireMessage(status.message()));
  if (retry_delay) {
    google::rpc::RetryInfo info;
    *info.mutable_retry_delay() = ToProtoDuration(*retry_delay);
    proto.add_details()->PackFrom(info);
  }
  return proto;
}

grpc::Status ToGrpcStatus(const absl::Status& status,
                          std::optional<absl::Duration> retry_delay) {
  if (status.ok()) return grpc::Status::OK;
  // Both count codes as google.rpc.Code does; code() maps what lies outside
  // that list to UNKNOWN.
  const auto code = static_cast<grpc::StatusCode>(status.code());
  if (!retry_delay) return grpc::Status(code, WireMessage(status.message()));
  const google::rpc::Status proto = ToRpcStatus(status, retry_delay);
  return grpc::Status(code, proto.message(), proto.SerializeAsString());
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  return ToGrpcStatus(status, RetryDelay(status));
}

grpc::Status ToGrpcStatus(const absl::Status& status,
                          grpc::ServerContextBase* context) {
  const std::optional<absl::Duration> delay = RetryDelay(status);
  if (delay) {
    context->AddTrailingMetadata(
        "grpc-retry-pushback-ms",
        absl::StrCat(absl::ToInt64Milliseconds(*delay)));
  }
  return ToGrpcStatus(status, delay);
}

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  return ToRpcStatus(status, RetryDelay(status));
}

}  // namespace parley
