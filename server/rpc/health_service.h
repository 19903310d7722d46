// grpc.health.v1.Health, as probes and load balancers ask for it.
#ifndef PARLEY_SERVER_RPC_HEALTH_SERVICE_H_
#define PARLEY_SERVER_RPC_HEALTH_SERVICE_H_

#include <map>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/wire/call_router.h"
#include "server/rpc/wire/wire_call.h"

namespace parley {

// Knows a state for each name: "" is the whole server, others are services
// and models. "liveness" is SERVING for as long as there is anybody to answer:
// what probes ask that are to restart a process which hangs. gRPC's own service
// starts "" as SERVING and leaves watches open at shutdown, which is why there
// is this one.
//
// Thread-safe. Must outlive the server that has it.
class HealthService final : public WireService {
 public:
  // Watch calls at the same time; more are refused with RESOURCE_EXHAUSTED.
  static constexpr size_t kMaxWatches = 1000;

  static constexpr absl::string_view kLiveness = "liveness";

  HealthService() = default;
  ~HealthService() override = default;

  // Makes these names known, and no others, as serving or not, and tells those
  // who watch what is not as before: SERVICE_UNKNOWN of names that are gone.
  // Without effect after StopServing.
  void SetAll(const std::map<std::string, bool>& serving);

  // Whether Check would say SERVING.
  bool IsServing(absl::string_view name) const;

  // Everything but kLiveness is NOT_SERVING for good.
  void StopServing();

  // StopServing, after which each Watch ends with UNAVAILABLE, and new ones end
  // likewise.
  void Shutdown();

  void AddMethods(CallRouter* router) override;
  grpc::Service* generated() override { return &generated_; }

 private:
  using Base = grpc::health::v1::Health;
  using Generated = Base::WithGenericMethod_Check<
      Base::WithGenericMethod_Watch<Base::Service>>;
  using ServingStatus = grpc::health::v1::HealthCheckResponse::ServingStatus;
  class WatchReactor;

  void Check(const RequestWire& wire);
  void Watch(const RequestWire& wire);

  // SERVICE_UNKNOWN for a name that is not known.
  ServingStatus StatusOf(absl::string_view name) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What has changed.
  void TellWatches() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Also guards the state of the WatchReactors: they are few, and what is
  // done under it never blocks.
  mutable absl::Mutex mutex_;
  std::map<std::string, ServingStatus, std::less<>> statuses_
      ABSL_GUARDED_BY(mutex_);
  std::set<WatchReactor*> watches_ ABSL_GUARDED_BY(mutex_);
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool shut_down_ ABSL_GUARDED_BY(mutex_) = false;
  Generated generated_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_HEALTH_SERVICE_H_
