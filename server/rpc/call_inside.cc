#include "server/rpc/call_inside.h"

#include <chrono>
#include <memory>

#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "server/rpc/call_alarm.h"
#include "server/rpc/caller.h"

namespace parley {

absl::Time DeadlineOf(const grpc::ServerContextBase& context) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) {
    return absl::InfiniteFuture();
  }
  return absl::FromChrono(deadline);
}

absl::Status WhyCancelled(const CallTimes& times) {
  // A peer counts its time from when it called, and sends it rounded up to two
  // digits: what is late there may be early here.
  if (times.deadline != absl::InfiniteFuture() &&
      times.cancelled + absl::Milliseconds(5) +
              (times.deadline - times.begin) / 20 >=
          times.deadline) {
    return absl::DeadlineExceededError("the call's deadline has passed");
  }
  return absl::CancelledError("the call was cancelled");
}

absl::StatusOr<std::unique_ptr<CallInside>> CallInside::Enter(
    CallGate* gate, const grpc::ServerContextBase& context,
    const grpc::ByteBuffer* request) {
  const int64_t bytes =
      request == nullptr ? 0 : static_cast<int64_t>(request->Length());
  PARLEY_RETURN_IF_ERROR(gate->Enter(bytes));
  return std::unique_ptr<CallInside>(new CallInside(gate, context, bytes));
}

CallInside::CallInside(CallGate* gate, const grpc::ServerContextBase& context,
                       int64_t bytes)
    : gate_(gate),
      begin_(absl::Now()),
      deadline_(DeadlineOf(context)),
      caller_(CallerOf(context)),
      bytes_(bytes) {}

CallInside::~CallInside() { gate_->Leave(bytes_); }

absl::Status CallInside::Grow(int64_t bytes) {
  PARLEY_RETURN_IF_ERROR(gate_->Grow(bytes));
  bytes_ += bytes;
  return absl::OkStatus();
}

void CallInside::Shrink(int64_t bytes) {
  bytes_ -= bytes;
  gate_->Shrink(bytes);
}

CallContext CallInside::Context() {
  return {.deadline = deadline_,
          .cancel = cancel_,
          .flow = {.caller = caller_},
          .reserve = [this](int64_t bytes) { return Grow(bytes); },
          .call_at = &CallAt};
}

absl::Status CallInside::Cancel() {
  cancel_->Cancel();
  return WhyCancelled(
      {.begin = begin_, .deadline = deadline_, .cancelled = absl::Now()});
}

}  // namespace parley
