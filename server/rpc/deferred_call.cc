#include "server/rpc/deferred_call.h"

#include "server/rpc/message_parsing.h"
#include "server/rpc/status_conversion.h"

namespace parley {

void DeferredReactor::Answerer::Answer(
    const google::protobuf::Message& response) const {
  if (finished_->exchange(true)) return;
  reactor_->Finish(
      ToGrpcStatus(SerializeMessage(response, reactor_->response_)));
}

void DeferredReactor::Answerer::Refuse(const absl::Status& status) const {
  if (finished_->exchange(true)) return;
  reactor_->Finish(ToGrpcStatus(status));
}

DeferredReactor::DeferredReactor(grpc::ByteBuffer* response)
    : response_(response) {
  answerer_.reactor_ = this;
}

void DeferredReactor::OnCancel() {
  answerer_.Refuse(absl::CancelledError("the call was cancelled"));
}

void DeferredReactor::OnDone() { delete this; }

}  // namespace parley
