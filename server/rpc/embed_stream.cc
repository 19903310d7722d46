#include "server/rpc/embed_stream.h"

#include <utility>

#include "server/rpc/embed_method.h"

namespace parley {
namespace {

constexpr auto kEmbedStream = EmbedMethod(Method::kEmbedStream);

class EmbedStream final : public StreamMethod {
 public:
  explicit EmbedStream(const CallEnvironment& environment)
      : environment_(environment) {}

  Method method() const override { return kEmbedStream.method; }

  void Answer(const grpc::ByteBuffer& message, absl::Status admitted,
              StreamedCall call) override {
    auto caller = StreamedCaller<v1::EmbedResponse>(
        std::move(call), environment_.limits, v1::EmbedStreamResponse());
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
