// A call that is inside the gate, whatever its shape: what it holds there, by
// when it is to end, and whether anybody still waits for it.
#ifndef PARLEY_SERVER_RPC_CALL_INSIDE_H_
#define PARLEY_SERVER_RPC_CALL_INSIDE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/grpcpp.h"
#include "server/pipeline/call.h"
#include "server/rpc/call_gate.h"

namespace parley {

absl::Time DeadlineOf(const grpc::ServerContextBase& context);

// Why a call was cancelled: gRPC does not tell its peer's leaving from its
// being late. CANCELLED or DEADLINE_EXCEEDED.
struct CallTimes {
  absl::Time begin;
  absl::Time deadline;
  absl::Time cancelled;
};
absl::Status WhyCancelled(const CallTimes& times);

// Thread-safe. Leaves the gate when destroyed.
class CallInside {
 public:
  // A call whose request is so large; null: it has none yet. What the gate says
  // where it does not let it in. The gate must outlive the call.
  static absl::StatusOr<std::unique_ptr<CallInside>> Enter(
      CallGate* gate, const grpc::ServerContextBase& context,
      const grpc::ByteBuffer* request);
  ~CallInside();
  CallInside(const CallInside&) = delete;
  CallInside& operator=(const CallInside&) = delete;

  // As the gate's, of what this call holds.
  absl::Status Grow(int64_t bytes);
  void Shrink(int64_t bytes);
  int64_t bytes() const { return bytes_; }

  // What the pipeline is to know of it. The call must stay inside until the
  // pipeline's function for the method has returned.
  CallContext Context();

  // Nobody waits any more: the runner drops what is under way. Returns why, if
  // it is gRPC that says so, just now.
  absl::Status Cancel();

 private:
  CallInside(CallGate* gate, const grpc::ServerContextBase& context,
             int64_t bytes);

  CallGate* const gate_;
  const absl::Time begin_;
  const absl::Time deadline_;
  const std::string caller_;
  const std::shared_ptr<CancelFlag> cancel_ = std::make_shared<CancelFlag>();
  std::atomic<int64_t> bytes_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_CALL_INSIDE_H_
