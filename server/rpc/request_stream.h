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
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/call_record.h"
#include "server/rpc/pipeline_call.h"
#include "server/rpc/status_conversion.h"

namespace parley {

// Of one stream: requests that have been read and whose responses the peer has
// not taken yet. Beyond either, reading pauses.
inline constexpr int kMaxStreamRequests = 16;
inline constexpr int64_t kMaxStreamBytes = int64_t{16} << 20;

// A message that was read.
struct StreamedMessage {
  const grpc::ByteBuffer& bytes;
  absl::Status admitted;  // An error: it is to be answered with that.
  CallContext context;
  std::shared_ptr<CallRecord> record;
};

// What a method makes of the messages of one stream. One call at a time.
class StreamMethod {
 public:
  // Takes the bytes of a response: exactly once, on any thread.
  using Respond = absl::AnyInvocable<void(grpc::ByteBuffer response)>;

  virtual ~StreamMethod() = default;

  // Lasts for ever.
  virtual absl::string_view name() const = 0;

  // Has `message` answered, and its record ended before. Does not wait for the
  // answer.
  virtual void Answer(StreamedMessage message, Respond respond) = 0;

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

// Fills the `status` of a stream's message, and where that is OK and fits its
// `response`. Returns what the status says.
template <typename Message, typename Response>
absl::Status FillStreamed(absl::StatusOr<Response> response,
                          const CallLimits& limits, Message* message) {
  absl::Status status = response.status();
  if (status.ok()) {
    *message->mutable_response() = *std::move(response);
    status =
        CheckAnswerSize(static_cast<int64_t>(message->ByteSizeLong()), limits);
    if (!status.ok()) message->clear_response();
  }
  *message->mutable_status() = ToRpcStatus(status);
  return status;
}

// The bytes of a message that FillStreamed has filled.
grpc::ByteBuffer SerializeStreamed(const google::protobuf::Message& message);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_REQUEST_STREAM_H_
