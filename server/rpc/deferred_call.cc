#include "server/rpc/deferred_call.h"

#include <utility>

#include "grpcpp/grpcpp.h"
#include "server/rpc/call_messages.h"
#include "server/rpc/unary_call.h"

namespace parley {

void DeferredReactor::Answerer::Answer(
    const google::protobuf::Message& response) const {
  if (state_->answered.exchange(true)) return;
  grpc::ByteBuffer bytes;
  const absl::Status status =
      SerializeAnswer(response, reactor_->limits_, &bytes);
  // The reactor may be gone after.
  FinishCall(reactor_->call_, state_->record.get(), status, bytes);
}

void DeferredReactor::Answerer::Refuse(const absl::Status& status) const {
  if (state_->answered.exchange(true)) return;
  RefuseCall(reactor_->call_, state_->record.get(), status);
}

DeferredReactor::DeferredReactor(WireCall* call,
                                 std::shared_ptr<CallRecord> record,
                                 const CallLimits& limits)
    : call_(call), limits_(limits) {
  answerer_.reactor_ = this;
  answerer_.state_->record = std::move(record);
}

void DeferredReactor::OnCancel() {
  answerer_.Refuse(absl::CancelledError("the call was cancelled"));
}

void DeferredReactor::OnDone() { delete this; }

}  // namespace parley
