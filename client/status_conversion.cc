#include "client/status_conversion.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/retry_after.h"
#include "google/rpc/error_details.pb.h"

namespace parley::client {

absl::Status ToAbslStatus(const grpc::Status& status) {
  google::rpc::Status all;
  // Without details that can be read there are none.
  if (!all.ParseFromString(status.error_details())) all.Clear();
  all.set_code(status.error_code());
  all.set_message(status.error_message());
  return ToAbslStatus(all);
}

absl::Status ToAbslStatus(const google::rpc::Status& status) {
  if (status.code() == 0) return absl::OkStatus();
  // Both enums are google.rpc.Code, 1 to 16.
  if (status.code() < 1 || status.code() > 16) {
    return absl::UnknownError(absl::StrCat(
        "code ", status.code(), " from the server: ", status.message()));
  }
  absl::Status result(static_cast<absl::StatusCode>(status.code()),
                      status.message());
  google::rpc::RetryInfo info;
  for (const google::protobuf::Any& detail : status.details()) {
    if (!detail.UnpackTo(&info)) continue;
    SetRetryAfter(absl::Seconds(info.retry_delay().seconds()) +
                      absl::Nanoseconds(info.retry_delay().nanos()),
                  &result);
  }
  return result;
}

}  // namespace parley::client
