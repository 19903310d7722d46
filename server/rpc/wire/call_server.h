// A gRPC server whose calls are taken by loops of our own.
#ifndef PARLEY_SERVER_RPC_WIRE_CALL_SERVER_H_
#define PARLEY_SERVER_RPC_WIRE_CALL_SERVER_H_

#include <memory>
#include <vector>

#include "absl/time/time.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/wire/call_loop.h"
#include "server/rpc/wire/call_router.h"
#include "server/rpc/wire/worker_threads.h"

namespace parley {

// Thread-safe, but for Shutdown.
class CallServer {
 public:
  // Serves what `services` have, which outlive it, as `builder` is set up
  // otherwise. `num_loops` is the number of threads that take calls, and of
  // those that work on large messages. Null where it cannot listen.
  // REQUIRES: num_loops > 0.
  static std::unique_ptr<CallServer> Start(
      grpc::ServerBuilder* builder, const std::vector<WireService*>& services,
      int num_loops = 1);

  // Shuts down, where nobody has.
  ~CallServer();
  CallServer(const CallServer&) = delete;
  CallServer& operator=(const CallServer&) = delete;

  // Takes no more calls, cancels what has not ended by `deadline`, and returns
  // when all calls have ended: methods finish the cancelled ones, too.
  void Shutdown(absl::Time deadline);

 private:
  CallServer() = default;

  grpc::AsyncGenericService service_;
  CallRouter router_;
  // Below the loops, that is: gone after their last call.
  std::unique_ptr<WorkerThreads> workers_;
  std::vector<std::unique_ptr<CallLoop>> loops_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_WIRE_CALL_SERVER_H_
