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

namespace parley {

// Of one stream: requests that have been read and whose responses the peer has
// not taken yet. Beyond either, reading pauses.
inline constexpr int kMaxStreamRequests = 16;
inline constexpr int64_t kMaxStreamBytes = int64_t{16} << 20;

// What a method makes of the messages of one stream. One call at a time.
class StreamMethod {
 public:
  // Takes the bytes of a response: exactly once, on any thread.
  using Respond = absl::AnyInvocable<void(grpc::ByteBuffer response)>;

  virtual ~StreamMethod() = default;

  // Has `message` answered, as `context` has it; or, where `admitted` is an
  // error, answers it with that. Does not wait for the answer.
  virtual void Answer(const grpc::ByteBuffer& message, absl::Status admitted,
                      CallContext context, Respond respond) = 0;

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
grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StartRequestStream(
    const CallEnvironment& environment, grpc::CallbackServerContext* context,
    std::unique_ptr<StreamMethod> method, RequestStreamSet* streams);

// A message with a `status`, and where that is OK a `response`, as bytes.
// `message` is moved from.
template <typename Message, typename Response>
grpc::ByteBuffer SerializeStreamed(absl::StatusOr<Response> response,
                                   const CallLimits& limits, Message* message) {
  *message->mutable_status() = ToRpcStatus(response.status());
  if (response.ok()) *message->mutable_response() = *std::move(response);
  grpc::ByteBuffer bytes;
  const absl::Status serialized = SerializeAnswer(*message, limits, &bytes);
  if (serialized.ok()) return bytes;
  message->clear_response();
  *message->mutable_status() = ToRpcStatus(serialized);
  // A status alone fits.
  SerializeMessage(*message, &bytes).IgnoreError();
  return bytes;
}

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_REQUEST_STREAM_H_
