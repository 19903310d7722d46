// Durations on the wire.
#ifndef PARLEY_SERVER_RPC_DURATION_MESSAGE_H_
#define PARLEY_SERVER_RPC_DURATION_MESSAGE_H_

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace parley {

inline google::protobuf::Duration ToProtoDuration(absl::Duration duration) {
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<int>(
      absl::IDivDuration(duration, absl::Nanoseconds(1), &duration)));
  return proto;
}

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_DURATION_MESSAGE_H_
