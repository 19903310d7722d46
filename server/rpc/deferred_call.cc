#include "server/rpc/deferred_call.h"

#include <utility>

#include "server/rpc/message_parsing.h"
#include "server/rpc/status_conversion.h"

namespace parley {

void DeferredReactor::Answerer::Answer(
    const google::protobuf::Message& response) const {
  if (finished_->exchange(true)) return;
  Finish(SerializeMessage(response, reactor_->response_));
}

void DeferredReactor::Answerer::Refuse(const absl::Status& status) const {
  if (finished_->exchange(true)) return;
  Finish(status);
}

void DeferredReactor::Answerer::Finish(const absl::Status& status) const {
  if (record_ != nullptr) record_->End(status);
  reactor_->Finish(ToGrpcStatus(status));
}

DeferredReactor::DeferredReactor(grpc::ByteBuffer* response,
                                 std::shared_ptr<CallRecord> record)
    : response_(response) {
  answerer_.reactor_ = this;
  answerer_.record_ = std::move(record);
}

void DeferredReactor::OnCancel() {
  answerer_.Refuse(absl::CancelledError("the call was cancelled"));
}

void DeferredReactor::OnDone() { delete this; }

}  // namespace parley
