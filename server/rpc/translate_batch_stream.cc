#include "server/rpc/translate_batch_stream.h"

#include <utility>

#include "server/pipeline/translate.h"
#include "server/rpc/translate_messages.h"

namespace parley {
namespace {

constexpr PipelineMethod<v1::TranslateRequest, v1::TranslateResponse,
                         TranslateCall, TranslateReply>
    kTranslateBatchStream = {Method::kTranslateBatchStream, &ToTranslateCall,
                             &Translate, &ToTranslateResponse};

class TranslateBatchStream final : public StreamMethod {
 public:
  explicit TranslateBatchStream(const CallEnvironment& environment)
      : environment_(environment) {}

  absl::string_view name() const override {
    return MethodName(kTranslateBatchStream.method);
  }

  void Answer(StreamedMessage message, Respond respond) override {
    // Also where it is not admitted: its response bears its id.
    v1::TranslateBatchStreamRequest request;
    absl::Status admitted = std::move(message.admitted);
    admitted.Update(ParseMessage(&message.bytes, &request));
    if (std::exchange(is_first_, false) && request.has_in_order()) {
      in_order_ = request.in_order();
    }
    v1::TranslateBatchStreamResponse streamed;
    streamed.set_id(request.id());
    Caller<v1::TranslateResponse> caller = {
        .context = std::move(message.context),
        .done =
            [limits = environment_.limits, record = message.record,
             streamed = std::move(streamed), respond = std::move(respond)](
                absl::StatusOr<v1::TranslateResponse> response) mutable {
              record->End(FillStreamed(std::move(response), limits, &streamed));
              respond(SerializeStreamed(streamed));
            },
        .record = message.record};
    if (admitted.ok()) {
      RunMethod(kTranslateBatchStream, environment_, request.mutable_request(),
                std::move(caller));
    } else {
      caller.done(std::move(admitted));
    }
  }

  bool in_order() const override { return in_order_; }

 private:
  const CallEnvironment& environment_;
  bool is_first_ = true;
  bool in_order_ = true;
};

}  // namespace

std::unique_ptr<StreamMethod> MakeTranslateBatchStream(
    const CallEnvironment& environment) {
  return std::make_unique<TranslateBatchStream>(environment);
}

}  // namespace parley
