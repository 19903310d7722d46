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

  Method method() const override { return kEmbedStream.method; }

  void Answer(const grpc::ByteBuffer& message, absl::Status admitted,
              StreamedCall call) override {
    Caller<v1::EmbedResponse> caller = {
        .context = std::move(call.context),
        .done =
            [limits = environment_.limits, respond = std::move(call.respond)](
                absl::StatusOr<v1::EmbedResponse> response) mutable {
              v1::EmbedStreamResponse streamed;
              respond(
                  SerializeStreamed(std::move(response), limits, &streamed));
            },
        .record = std::move(call.record)};
    v1::EmbedRequest request;
    if (admitted.ok()) admitted = ParseMessage(&message, &request);
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
