// Streams of requests at the wire: each is answered by one response.
#ifndef PARLEY_SERVER_RPC_REQUEST_STREAM_H_
#define PARLEY_SERVER_RPC_REQUEST_STREAM_H_

#include <cstdint>
#include <memory>
#include <set>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/pipeline_call.h"
#include "server/rpc/status_conversion.h"
#include "server/rpc/wire/wire_call.h"

namespace parley {

// Of one stream: requests that have been read and whose responses the peer has
// not taken yet. Beyond either, reading pauses.
inline constexpr int kMaxStreamRequests = 16;
inline constexpr int64_t kMaxStreamBytes = int64_t{16} << 20;

// A response on a stream.
struct StreamedResponse {
  absl::Status status;  // That it bears.
  grpc::ByteBuffer bytes;
};

// One request of a stream.
struct StreamedCall {
  CallContext context;
  std::shared_ptr<CallRecord> record;  // Gets to know all but the end.
  // Takes the response: exactly once, on any thread.
  absl::AnyInvocable<void(StreamedResponse response)> respond;
};

// What a method makes of the messages of one stream. One call at a time.
class StreamMethod {
 public:
  virtual ~StreamMethod() = default;

  virtual Method method() const = 0;

  // Has `message` answered; or, where `admitted` is an error, answers it with
  // that. Does not wait for the answer.
  virtual void Answer(const grpc::ByteBuffer& message, absl::Status admitted,
                      StreamedCall call) = 0;

  // Whether responses have the order of their requests: known once the first
  // message came to Answer.
  virtual bool in_order() const { return true; }
};

class RequestStreamReactor;

// The streams that are open. Thread-safe.
class RequestStreamSet {
 public:
  // Stops those that are open, and each that opens from now on.
  void StopAll();

 private:
  friend class RequestStreamReactor;
  void Add(RequestStreamReactor* stream);
  void Remove(RequestStreamReactor* stream);

  absl::Mutex mutex_;
  std::set<RequestStreamReactor*> streams_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

// Opens a stream, which counts as a call inside the gate until it ends, with
// the bytes of its requests. Any thread.
//
// - A request that is wrong, or cannot be taken now, has its status in its
//   response, and the stream goes on.
// - Once the peer has half-closed, what was read is answered, then the stream
//   ends with OK; once stopped, with UNAVAILABLE.
// - Once cancelled, what is under way is dropped.
void StartRequestStream(const CallEnvironment& environment, WireCall* call,
                        std::unique_ptr<StreamMethod> method,
                        RequestStreamSet* streams);

// A message with a `status`, and where that is OK a `response`, as bytes.
// `message` is moved from.
template <typename Message, typename Response>
StreamedResponse SerializeStreamed(absl::StatusOr<Response> response,
                                   const CallLimits& limits, Message* message) {
  StreamedResponse streamed = {.status = response.status()};
  *message->mutable_status() = ToRpcStatus(streamed.status);
  if (response.ok()) *message->mutable_response() = *std::move(response);
  absl::Status serialized = SerializeAnswer(*message, limits, &streamed.bytes);
  if (serialized.ok()) return streamed;
  streamed.status = std::move(serialized);
  message->clear_response();
  *message->mutable_status() = ToRpcStatus(streamed.status);
  // A status alone fits.
  SerializeMessage(*message, &streamed.bytes).IgnoreError();
  return streamed;
}

// Who waits for the response to `call`: it comes in `message`, with what that
// says already.
template <typename Response, typename Message>
Caller<Response> StreamedCaller(StreamedCall call, const CallLimits& limits,
                                Message message) {
  return {
      .context = std::move(call.context),
      .done =
          [limits, message = std::move(message),
           respond = std::move(call.respond)](
              absl::StatusOr<Response> response) mutable {
            respond(SerializeStreamed(std::move(response), limits, &message));
          },
      .record = std::move(call.record)};
}

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_REQUEST_STREAM_H_
