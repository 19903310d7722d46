// One HTTP/2 connection, and unary gRPC calls on it.
#ifndef PARLEY_BENCH_LOAD_HTTP2_CONNECTION_H_
#define PARLEY_BENCH_LOAD_HTTP2_CONNECTION_H_

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace parley::load {

struct UnaryRequest {
  std::string method;   // "/package.Service/Method"
  std::string message;  // Serialized.
  absl::Time deadline;
};

struct UnaryResponse {
  absl::StatusCode code = absl::StatusCode::kUnknown;
  std::string message;  // Serialized; empty where the code is not OK.
};

// On nghttp2 in place of gRPC's client, which takes as much processor time for
// a call as a server does that refuses it, and twice as much as this does: with
// both on one machine that is missing in what is measured. Without compression,
// encryption and retries. Follows
// https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md.
//
// Any thread. Callbacks run without a lock held, each exactly once, on whatever
// thread the call became over.
class Http2Connection {
 public:
  using Done = std::function<void(UnaryResponse)>;

  // Names a call on its connection.
  using CallId = int32_t;

  // Connects to "host:port". UNAVAILABLE: nobody listens there.
  static absl::StatusOr<std::unique_ptr<Http2Connection>> Connect(
      absl::string_view address);

  // REQUIRES: no call is under way.
  ~Http2Connection();
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;

  // Whether calls may start: neither is it broken nor did the peer say that it
  // wants no more of them.
  bool is_open();

  // Not blocking. To be watched for edges: readable, and writable.
  int fd() const { return fd_; }

  // Sends a call. It is UNAVAILABLE where the connection is not open.
  CallId Start(UnaryRequest request, Done done);

  // Ends a call with CANCELLED, unless it is over.
  void Cancel(CallId call);

  // Takes what has come and sends what had to wait.
  void OnReady();

  // Ends with DEADLINE_EXCEEDED what the server should have ended so.
  void EndLate(absl::Time now);

 private:
  struct Call {
    std::string unsent;  // The message in its frame.
    size_t num_sent = 0;
    std::string received;
    int http_status = 0;
    int grpc_status = -1;  // None yet.
    absl::Time deadline;
    Done done;
  };
  struct Ended {
    Done done;
    UnaryResponse response;
  };
  // What nghttp2 calls back, with the lock held.
  struct Callbacks;

  explicit Http2Connection(int fd);

  // Acts with the lock held, sends what there is to be sent, and calls back
  // for the calls that are over.
  void Do(absl::FunctionRef<void()> act);
  void SubmitSettings() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  CallId Submit(UnaryRequest request, Done done)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Receive() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Flush() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(CallId id, UnaryResponse response)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends all calls.
  void Break() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Null once the call is over.
  Call* Find(CallId id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int fd_;
  absl::Mutex mutex_;
  nghttp2_session* session_ ABSL_PT_GUARDED_BY(mutex_) = nullptr;
  absl::flat_hash_map<CallId, Call> calls_ ABSL_GUARDED_BY(mutex_);
  std::string outgoing_ ABSL_GUARDED_BY(mutex_);
  std::vector<Ended> ended_ ABSL_GUARDED_BY(mutex_);  // To be called back.
  bool is_broken_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace parley::load

#endif  // PARLEY_BENCH_LOAD_HTTP2_CONNECTION_H_
