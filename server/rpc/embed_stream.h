// EmbedStream at the wire: many Embed requests on one stream, answered in
// order.
#ifndef PARLEY_SERVER_RPC_EMBED_STREAM_H_
#define PARLEY_SERVER_RPC_EMBED_STREAM_H_

#include <cstdint>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/pipeline_call.h"

namespace parley {

// Of one stream: requests that have been read and whose responses the peer has
// not taken yet. Beyond either, reading pauses.
inline constexpr int kMaxStreamRequests = 16;
inline constexpr int64_t kMaxStreamBytes = int64_t{16} << 20;

class EmbedStreamReactor;

// The streams that are open. Thread-safe.
class EmbedStreamSet {
 public:
  // Stops those that are open, and each that opens from now on.
  void StopAll();

 private:
  friend class EmbedStreamReactor;
  void Add(EmbedStreamReactor* stream);
  void Remove(EmbedStreamReactor* stream);

  absl::Mutex mutex_;
  std::set<EmbedStreamReactor*> streams_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

// Opens a stream, which counts as a call inside the gate until it ends, and so
// does each of its requests. Any thread.
//
// - A request that is wrong, or cannot be taken now, has its status in its
//   response, and the stream goes on.
// - Once the peer has half-closed, what was read is answered, then the stream
//   ends with OK; once stopped, with UNAVAILABLE.
// - Once cancelled, what is under way is dropped.
grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StartEmbedStream(
    const CallEnvironment& environment, grpc::CallbackServerContext* context,
    EmbedStreamSet* streams);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_EMBED_STREAM_H_
