#include "server/rpc/deferred_call.h"

#include <utility>

#include "server/rpc/call_messages.h"
#include "server/rpc/status_conversion.h"

namespace parley {

void DeferredReactor::Answerer::Answer(
    const google::protobuf::Message& response) const {
  if (state_->answered.exchange(true)) return;
  Finish(
      SerializeAnswer(response, reactor_->limits_, reactor_->wire_.response));
}

void DeferredReactor::Answerer::Refuse(const absl::Status& status) const {
  if (state_->answered.exchange(true)) return;
  Finish(status);
}

void DeferredReactor::Answerer::Finish(const absl::Status& status) const {
  // Before the answer, so that who has it finds it counted; and since the
  // reactor may be gone after.
  if (state_->record != nullptr) state_->record->End(status);
  reactor_->Finish(ToGrpcStatus(status, reactor_->wire_.context));
}

DeferredReactor::DeferredReactor(const UnaryWire& wire,
                                 std::shared_ptr<CallRecord> record,
                                 const CallLimits& limits)
    : wire_(wire), limits_(limits) {
  answerer_.reactor_ = this;
  answerer_.state_->record = std::move(record);
}

void DeferredReactor::OnCancel() {
  answerer_.Refuse(absl::CancelledError("the call was cancelled"));
}

void DeferredReactor::OnDone() { delete this; }

}  // namespace parley
