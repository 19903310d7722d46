// A thread that takes calls from gRPC and does what follows from them.
#ifndef PARLEY_SERVER_RPC_WIRE_CALL_LOOP_H_
#define PARLEY_SERVER_RPC_WIRE_CALL_LOOP_H_

#include <memory>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/wire/call_router.h"
#include "server/rpc/wire/wire_call.h"
#include "server/rpc/wire/worker_threads.h"

namespace parley {

// One completion queue of a server, and its one thread, which polls the
// connections, too: what has come in is dealt with where it was read. (With
// gRPC's own callbacks, two threads at least take turns at that, and wake each
// other two to four times for a call.)
class CallLoop {
 public:
  // What is pointed to outlives the loop. `queue` is one of the builder's of
  // the server that has `service`.
  CallLoop(grpc::AsyncGenericService* service,
           std::unique_ptr<grpc::ServerCompletionQueue> queue,
           const CallRouter* router, WorkerThreads* workers);
  // REQUIRES: never begun, or finished.
  ~CallLoop() = default;
  CallLoop(const CallLoop&) = delete;
  CallLoop& operator=(const CallLoop&) = delete;

  // Takes calls from now on. REQUIRES: the server has been started.
  void Begin();

  // Waits for the last call's end, and ends. REQUIRES: the server has been shut
  // down.
  void Finish();

 private:
  friend class WireCall;

  // Of each WireCall, from its beginning, when it waits for a call, to its end.
  void CallMade();
  void CallGone();

  void Run();

  grpc::AsyncGenericService* const service_;
  const std::unique_ptr<grpc::ServerCompletionQueue> queue_;
  const CallRouter* const router_;
  WorkerThreads* const workers_;

  absl::Mutex mutex_;
  int num_calls_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_WIRE_CALL_LOOP_H_
