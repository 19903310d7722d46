#include "server/rpc/status_conversion.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/utf8.h"

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

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  // Both count codes as google.rpc.Code does; code() maps what lies outside
  // that list to UNKNOWN.
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      WireMessage(status.message()));
}

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status proto;
  proto.set_code(static_cast<int>(status.code()));
  proto.set_message(WireMessage(status.message()));
  return proto;
}

}  // namespace parley
