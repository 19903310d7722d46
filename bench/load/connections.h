// The wire: connections to one server, and calls on them.
#ifndef PARLEY_BENCH_LOAD_CONNECTIONS_H_
#define PARLEY_BENCH_LOAD_CONNECTIONS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bench/load/http2_connection.h"
#include "bench/load/report.h"
#include "bench/load/workload.h"

namespace parley::load {

// A call under way. Any thread, as long as its connections live.
class ActiveCall {
 public:
  // One that could not be sent.
  ActiveCall() = default;
  ActiveCall(Http2Connection* connection, Http2Connection::CallId id)
      : connection_(connection), id_(id) {}

  // Without effect once it is over.
  void Cancel() const {
    if (connection_ != nullptr) connection_->Cancel(id_);
  }

 private:
  Http2Connection* connection_ = nullptr;
  Http2Connection::CallId id_ = 0;
};

// Calls go over the connections in turn, without retries; one thread awaits
// the answers of all. A connection that has ended is replaced when its turn
// comes. Any thread.
class Connections {
 public:
  // Connects when first called. REQUIRES: num_connections > 0
  Connections(std::string server, int num_connections);
  // REQUIRES: no call is under way.
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // `done` runs exactly once, on any thread, also where the call cannot be
  // sent. REQUIRES: the connections outlive all calls.
  ActiveCall Start(const CallPlan& plan, absl::Time deadline,
                   std::function<void(Answer)> done);

 private:
  absl::StatusOr<Http2Connection*> Next();
  void Await();

  const std::string server_;
  absl::Mutex mutex_;
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  // Null before the first call. [connection]
  std::vector<Http2Connection*> in_turn_ ABSL_GUARDED_BY(mutex_);
  // Those, and those that were before them: calls may still end there.
  std::vector<std::unique_ptr<Http2Connection>> all_ ABSL_GUARDED_BY(mutex_);
  const int epoll_;
  const int stop_;  // An eventfd.
  std::thread thread_;
};

}  // namespace parley::load

#endif  // PARLEY_BENCH_LOAD_CONNECTIONS_H_
