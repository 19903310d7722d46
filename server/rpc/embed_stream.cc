#include "server/rpc/embed_stream.h"

#include <utility>

#include "server/pipeline/embedding/embed.h"
#include "server/rpc/embed_messages.h"

namespace parley {
namespace {

constexpr PipelineMethod<v1::EmbedRequest, v1::EmbedResponse, EmbedCall,
                         EmbedReply>
    kEmbedStream = {Method::kEmbedStream, &ToEmbedCall, &Embed,
                    &ToEmbedResponse};

class EmbedStream final : public StreamMethod {
 public:
  explicit EmbedStream(const CallEnvironment& environment)
      : environment_(environment) {}

  absl::string_view name() const override {
    return MethodName(kEmbedStream.method);
  }

  void Answer(StreamedMessage message, Respond respond) override {
    Caller<v1::EmbedResponse> caller = {
        .context = std::move(message.context),
        .done =
            [limits = environment_.limits, record = message.record,
             respond = std::move(respond)](
                absl::StatusOr<v1::EmbedResponse> response) mutable {
              v1::EmbedStreamResponse streamed;
              record->End(FillStreamed(std::move(response), limits, &streamed));
              respond(SerializeStreamed(streamed));
            },
        .record = message.record};
    v1::EmbedRequest request;
    absl::Status admitted = std::move(message.admitted);
    if (admitted.ok()) admitted = ParseMessage(&message.bytes, &request);
    if (admitted.ok()) {
      RunMethod(kEmbedStream, environment_, &request, std::move(caller));
    } else {
      caller.done(std::move(admitted));
    }
  }

 private:
  const CallEnvironment& environment_;
};

}  // namespace

std::unique_ptr<StreamMethod> MakeEmbedStream(
    const CallEnvironment& environment) {
  return std::make_unique<EmbedStream>(environment);
}

}  // namespace parley
