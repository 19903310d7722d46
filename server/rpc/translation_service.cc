#include "server/rpc/translation_service.h"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "server/rpc/message_parsing.h"
#include "server/rpc/status_conversion.h"
#include "server/rpc/translate_messages.h"

namespace parley {
namespace {

// One call at the wire. gRPC owns the request and response buffers and keeps
// them until OnDone, which comes only after Finish.
class TranslateReactor final : public grpc::ServerUnaryReactor {
 public:
  // What the pipeline's callback holds on to: it may come long after the
  // reactor is gone.
  struct State {
    CancelFlag cancel;
    // Whoever sets this first calls Finish; until then the reactor lives.
    std::atomic<bool> answered{false};
  };

  TranslateReactor(CallGate* gate, int64_t request_bytes,
                   grpc::ByteBuffer* response)
      : gate_(gate), request_bytes_(request_bytes), response_(response) {}

  const std::shared_ptr<State>& state() const { return state_; }

  // Answers the call unless that has been done. REQUIRES: `reactor` was alive
  // when `state` had not been answered.
  static void Answer(const std::shared_ptr<State>& state,
                     TranslateReactor* reactor,
                     absl::StatusOr<v1::TranslateResponse> response) {
    if (state->answered.exchange(true)) return;
    absl::Status status = response.status();
    if (status.ok()) status = SerializeMessage(*response, reactor->response_);
    reactor->Finish(ToGrpcStatus(status));
  }

  void OnCancel() override {
    state_->cancel.Cancel();
    if (state_->answered.exchange(true)) return;
    Finish(grpc::Status(grpc::StatusCode::CANCELLED, "the call was cancelled"));
  }

  void OnDone() override {
    gate_->Leave(request_bytes_);
    delete this;
  }

 private:
  CallGate* const gate_;
  const int64_t request_bytes_;
  grpc::ByteBuffer* const response_;
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

absl::Time DeadlineOf(const grpc::CallbackServerContext& context) {
  const std::chrono::system_clock::time_point deadline = context.deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) {
    return absl::InfiniteFuture();
  }
  return absl::FromChrono(deadline);
}

}  // namespace

TranslationService::TranslationService(const ModelDirectory* models,
                                       const Options& options)
    : models_(models), options_(options), gate_(options.max_bytes_in_flight) {}

grpc::ServerUnaryReactor* TranslationService::Translate(
    grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
    grpc::ByteBuffer* response) {
  const int64_t request_bytes =
      request == nullptr ? 0 : static_cast<int64_t>(request->Length());
  if (absl::Status entered = gate_.Enter(request_bytes); !entered.ok()) {
    grpc::ServerUnaryReactor* refused = context->DefaultReactor();
    refused->Finish(ToGrpcStatus(entered));
    return refused;
  }
  auto* reactor = new TranslateReactor(&gate_, request_bytes, response);
  const std::shared_ptr<TranslateReactor::State> state = reactor->state();
  const auto refuse = [&](absl::Status status) {
    TranslateReactor::Answer(state, reactor, std::move(status));
    return reactor;
  };

  v1::TranslateRequest message;
  absl::Status parsed = ParseMessage(request, &message);
  if (!parsed.ok()) return refuse(std::move(parsed));
  absl::StatusOr<std::shared_ptr<ServedModel>> model =
      models_->Find(message.model());
  if (!model.ok()) return refuse(model.status());
  absl::StatusOr<TranslateCall> call = ToTranslateCall(&message);
  if (!call.ok()) return refuse(call.status());
  call->deadline = DeadlineOf(*context);
  call->cancel = std::shared_ptr<const CancelFlag>(state, &state->cancel);

  std::string model_name = (*model)->name;
  parley::Translate(*std::move(model), options_.limits, *std::move(call),
                    [state, reactor, model_name = std::move(model_name)](
                        absl::StatusOr<TranslateReply> reply) {
                      if (state->answered)
                        return;  // Cancelled: spare the conversion.
                      if (!reply.ok()) {
                        TranslateReactor::Answer(state, reactor,
                                                 reply.status());
                      } else {
                        TranslateReactor::Answer(
                            state, reactor,
                            ToTranslateResponse(*std::move(reply), model_name));
                      }
                    });
  return reactor;
}

}  // namespace parley
