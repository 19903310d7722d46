// The composition root: everything that makes a server, put together.
#ifndef PARLEY_SERVER_SERVER_H_
#define PARLEY_SERVER_SERVER_H_

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "engine/api/model.h"
#include "grpcpp/grpcpp.h"
#include "server/batching/runner.h"
#include "server/config.h"
#include "server/metrics/http_endpoint.h"
#include "server/metrics/metrics.h"
#include "server/registry/registry.h"
#include "server/rpc/call_gate.h"
#include "server/rpc/embedding_service.h"
#include "server/rpc/health_service.h"
#include "server/rpc/model_service.h"
#include "server/rpc/translation_service.h"

namespace parley {

// A server that listens from Start to Drain. Load and Drain on one thread;
// everything else from any.
//
//   Start -> Load each model -> AnnounceReady -> ... -> Drain
class Server {
 public:
  // Listens, with all of `sources` to be loaded yet: a port that cannot be had
  // is known before the work of loading. Health says NOT_SERVING.
  // UNAVAILABLE where it cannot listen, naming the address and the reason;
  // ALREADY_EXISTS where two models have one name.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const ServerConfig& config, const std::vector<ModelSource>& sources,
      ModelLoader loader);

  // Drains without patience where Drain has not been called.
  ~Server();

  // Loads one of the sources, and serves it from then on.
  absl::Status Load(const ModelSource& source, const LoadProgress& progress);

  // Health may say SERVING, and does where a model is ready.
  void AnnounceReady();

  // Where it listens: "127.0.0.1:8470".
  const std::string& address() const { return address_; }
  // Of the metrics port; empty where there is none.
  const std::string& metrics_address() const { return metrics_address_; }
  std::vector<ModelEntry> models() const { return registry_.List(); }

  // Ends all: health says NOT_SERVING and watches end; new calls are refused;
  // those inside are answered, or ended with UNAVAILABLE at `deadline`.
  // Returns whether all were answered in time. Without effect when called
  // again.
  bool Drain(absl::Time deadline);

 private:
  // The registry as the services see it.
  class Directory;

  Server(const ServerConfig& config, ModelLoader loader);

  CallEnvironment Environment(const ServerConfig& config);
  absl::Status Listen(const ServerConfig& config);
  absl::Status ListenForScrapes(const ServerConfig& config);
  std::vector<ModelReadiness> Readiness() const;
  void PublishHealth();
  // Publishes what changes without our doing: an engine can be lost.
  void WatchModels();

  Metrics metrics_;  // All below report to it.
  const std::unique_ptr<Runner> runner_;
  Registry registry_;
  const std::unique_ptr<Directory> directory_;
  CallGate gate_;
  HealthService health_service_;
  ModelService model_service_;
  TranslationService translation_service_;
  EmbeddingService embedding_service_;
  std::string address_;
  std::string metrics_address_;
  std::unique_ptr<grpc::Server> grpc_server_;  // Uses all of the above.

  absl::Mutex health_mutex_;  // One at a time publishes.
  absl::Notification ready_;
  absl::Notification draining_;
  std::thread model_watcher_;
  std::unique_ptr<HttpEndpoint> metrics_endpoint_;  // Reads all of the above.
};

}  // namespace parley

#endif  // PARLEY_SERVER_SERVER_H_
