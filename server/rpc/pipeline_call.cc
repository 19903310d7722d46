#include "server/rpc/pipeline_call.h"

#include <chrono>
#include <utility>

#include "absl/time/clock.h"
#include "server/rpc/call_alarm.h"
#include "server/rpc/caller.h"
#include "server/rpc/status_conversion.h"

namespace parley {

absl::StatusOr<std::shared_ptr<ServedModel>> FindModel(
    const ModelDirectory& models, const std::string& name, Method method) {
  absl::StatusOr<std::shared_ptr<ServedModel>> model =
      models.Find(name, KindFor(method));
  if (!model.ok()) return model;
  absl::Status can = CheckMethod(**model, method);
  if (!can.ok()) return can;
  return model;
}

absl::Time DeadlineOf(const grpc::CallbackServerContext& context) {
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

absl::Status SerializeAnswer(const google::protobuf::Message& message,
                             const CallLimits& limits,
                             grpc::ByteBuffer* bytes) {
  absl::Status fits =
      CheckAnswerSize(static_cast<int64_t>(message.ByteSizeLong()), limits);
  return fits.ok() ? SerializeMessage(message, bytes) : fits;
}

void PipelineReactor::Answerer::Answer(
    const google::protobuf::Message& response) const {
  if (state_->answered.exchange(true)) return;
  Finish(
      SerializeAnswer(response, reactor_->limits_, reactor_->wire_.response));
}

void PipelineReactor::Answerer::Refuse(const absl::Status& status) const {
  if (state_->answered.exchange(true)) return;
  Finish(status);
}

void PipelineReactor::Answerer::Finish(const absl::Status& status) const {
  // Before the answer, so that who has it finds it counted; and since the
  // reactor may be gone after.
  state_->record->End(status);
  reactor_->Finish(ToGrpcStatus(status, reactor_->wire_.context));
}

PipelineReactor::PipelineReactor(const CallEnvironment& environment,
                                 int64_t request_bytes, const UnaryWire& wire)
    : gate_(environment.gate),
      limits_(environment.limits),
      wire_(wire),
      begin_(absl::Now()),
      deadline_(DeadlineOf(*wire.context)),
      bytes_inside_(request_bytes) {
  answerer_.reactor_ = this;
}

absl::StatusOr<PipelineReactor*> PipelineReactor::Enter(
    const CallEnvironment& environment, const UnaryWire& wire,
    std::shared_ptr<CallRecord> record) {
  const int64_t request_bytes =
      wire.request == nullptr ? 0
                              : static_cast<int64_t>(wire.request->Length());
  absl::Status entered = environment.gate->Enter(request_bytes);
  if (!entered.ok()) return entered;
  auto* const reactor = new PipelineReactor(environment, request_bytes, wire);
  reactor->answerer_.state_->record = std::move(record);
  return reactor;
}

CallContext PipelineReactor::Context() {
  const std::shared_ptr<Answerer::State>& state = answerer_.state_;
  return {.deadline = deadline_,
          .cancel = std::shared_ptr<const CancelFlag>(state, &state->cancel),
          .flow = {.caller = CallerOf(*wire_.context)},
          // gRPC calls OnDone only after the method's handler has returned.
          .reserve =
              [this](int64_t bytes) {
                absl::Status grown = gate_->Grow(bytes);
                if (grown.ok()) bytes_inside_ += bytes;
                return grown;
              },
          .call_at = &CallAt};
}

void PipelineReactor::OnCancel() {
  answerer_.state_->cancel.Cancel();
  answerer_.Refuse(WhyCancelled(
      {.begin = begin_, .deadline = deadline_, .cancelled = absl::Now()}));
}

void PipelineReactor::OnDone() {
  gate_->Leave(bytes_inside_);
  delete this;
}

grpc::ServerUnaryReactor* RefuseUnaryCall(
    const absl::Status& status, grpc::CallbackServerContext* context) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(ToGrpcStatus(status, context));
  return reactor;
}

}  // namespace parley
