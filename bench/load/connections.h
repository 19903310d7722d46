// The wire: connections to one server, and calls on them.
#ifndef PARLEY_BENCH_LOAD_CONNECTIONS_H_
#define PARLEY_BENCH_LOAD_CONNECTIONS_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bench/load/report.h"
#include "bench/load/workload.h"
#include "parley/v1/embedding.grpc.pb.h"
#include "parley/v1/translation.grpc.pb.h"

namespace parley::load {

// A call under way. Any thread.
class ActiveCall {
 public:
  virtual ~ActiveCall() = default;
  // Without effect once it is over.
  virtual void Cancel() = 0;
};

// Calls go over the connections in turn, without retries. Any thread.
class Connections {
 public:
  // Connects when first called. REQUIRES: num_connections > 0
  Connections(const std::string& server, int num_connections);

  // `done` runs exactly once, on a thread of gRPC's, also where the call
  // cannot be sent. REQUIRES: the connections outlive all calls.
  std::shared_ptr<ActiveCall> Start(CallPlan plan, absl::Time deadline,
                                    std::function<void(Answer)> done);

 private:
  struct Stubs {
    std::unique_ptr<v1::TranslationService::Stub> translation;
    std::unique_ptr<v1::EmbeddingService::Stub> embedding;
  };

  std::vector<Stubs> stubs_;
  std::atomic<size_t> next_ = 0;
};

}  // namespace parley::load

#endif  // PARLEY_BENCH_LOAD_CONNECTIONS_H_
