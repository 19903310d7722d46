#include "server/rpc/translate_batch_stream.h"

#include <utility>

#include "server/rpc/translate_method.h"

namespace parley {
namespace {

constexpr auto kTranslateBatchStream =
    TranslateMethod(Method::kTranslateBatchStream);

class TranslateBatchStream final : public StreamMethod {
 public:
  explicit TranslateBatchStream(const CallEnvironment& environment)
      : environment_(environment) {}

  Method method() const override { return kTranslateBatchStream.method; }

  void Answer(const grpc::ByteBuffer& message, absl::Status admitted,
              StreamedCall call) override {
    // Also where it is not admitted: its response bears its id.
    v1::TranslateBatchStreamRequest request;
    admitted.Update(ParseMessage(&message, &request));
    if (std::exchange(is_first_, false) && request.has_in_order()) {
      in_order_ = request.in_order();
    }
    v1::TranslateBatchStreamResponse streamed;
    streamed.set_id(request.id());
    auto caller = StreamedCaller<v1::TranslateResponse>(
        std::move(call), environment_.limits, std::move(streamed));
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
