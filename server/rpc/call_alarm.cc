#include "server/rpc/call_alarm.h"

#include <utility>

#include "grpcpp/alarm.h"

namespace parley {

std::shared_ptr<void> CallAt(absl::Time time, std::function<void()> call) {
  auto alarm = std::make_shared<grpc::Alarm>();
  // gRPC keeps what it calls until it has called; false: the alarm was let go.
  alarm->Set(absl::ToChronoTime(time), [call = std::move(call)](bool expired) {
    if (expired) call();
  });
  return alarm;
}

}  // namespace parley
