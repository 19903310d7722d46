// The composition root: everything that makes a server, put together.
#ifndef PARLEY_SERVER_SERVER_H_
#define PARLEY_SERVER_SERVER_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "engine/api/model.h"
#include "server/batching/runner.h"
#include "server/config.h"
#include "server/metrics/http_endpoint.h"
#include "server/metrics/metrics.h"
#include "server/model_changes.h"
#include "server/registry/registry.h"
#include "server/registry_directory.h"
#include "server/rpc/call_gate.h"
#include "server/rpc/embedding_service.h"
#include "server/rpc/health_service.h"
#include "server/rpc/model_service.h"
#include "server/rpc/translation_service.h"
#include "server/rpc/wire/call_server.h"

namespace parley {

// A server that listens from Start to Drain. StopReadiness and Drain on one
// thread; everything else from any.
//
//   Start -> Load each model -> AnnounceReady -> ...
//         -> StopReadiness -> Drain
class Server {
 public:
  // Listens, with all of `sources` to be loaded yet: a port that cannot be had
  // is known before the work of loading. Health says NOT_SERVING.
  // UNAVAILABLE where it cannot listen, naming the address and the reason;
  // ALREADY_EXISTS where two models have one name.
  //
  // Where the admin port cannot be had, and the configuration does not need
  // it, the server does without and logs so.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const ServerConfig& config, const std::vector<ModelSource>& sources,
      ModelLoader loader);

  // Drains without patience where Drain has not been called, and waits for a
  // model that is being loaded.
  ~Server();

  // Runs `work` on the thread on which models are loaded, in its turn; where
  // the server is drained before, not at all.
  void RunWhereModelsLoad(absl::AnyInvocable<void()> work);

  // Loads one of the sources on this thread, and serves it from then on.
  absl::Status Load(const ModelSource& source, const LoadProgress& progress);

  // Follows what becomes of the configuration's repository from now on, which
  // was like `loaded` before its models were.
  void WatchRepository(const RepositorySnapshot& loaded);

  // Health may say SERVING, and does where a model is ready.
  void AnnounceReady();

  // Where it listens: "127.0.0.1:8470".
  const std::string& address() const { return address_; }
  // Where it takes changes of what is served; empty: nowhere.
  const std::string& admin_address() const { return admin_address_; }
  // Of the metrics port; empty where there is none.
  const std::string& metrics_address() const { return metrics_address_; }
  std::vector<ModelEntry> models() const { return registry_.List(); }

  // Whether a model is being loaded, which nothing can cut short.
  bool is_loading() const { return changes_.busy(); }

  // Health says NOT_SERVING from now on, and models are changed no more. Calls
  // are taken and answered as before.
  void StopReadiness();

  // StopReadiness, and ends all: watches of health end; new calls are refused;
  // those inside are answered, or ended with UNAVAILABLE at `deadline`.
  // Returns whether all were answered in time. Without effect when called
  // again.
  bool Drain(absl::Time deadline);

 private:
  Server(const ServerConfig& config, ModelLoader loader);

  CallEnvironment Environment(const ServerConfig& config);
  absl::Status ListenForAdmin(const ServerConfig& config);
  absl::Status Listen(const ServerConfig& config);
  // What is said of each name.
  std::map<std::string, bool> Health() const;
  absl::Status ListenForScrapes(const ServerConfig& config);
  std::vector<ModelReadiness> Readiness() const;
  void PublishHealth();
  // Publishes what changes without our doing: an engine can be lost.
  void WatchModels();

  Metrics metrics_;                     // All below report to it.
  std::shared_ptr<ResultCache> cache_;  // Null: none. Outlives the runner.
  const std::unique_ptr<Runner> runner_;
  Registry registry_;
  const RegistryDirectory directory_;
  CallGate gate_;
  HealthService health_service_;
  absl::Mutex publish_mutex_;  // So that what was seen last is said last.
  absl::Notification ready_;
  absl::Notification draining_;
  // Its thread uses all of the above. Its answers reach calls of the admin
  // service, but not the service itself, which calls it and goes before it.
  ModelChanges changes_;
  ModelService admin_service_;
  std::optional<ModelService> model_service_;  // Says where the other one is.
  TranslationService translation_service_;
  EmbeddingService embedding_service_;
  std::string address_;
  std::string admin_address_;
  std::string metrics_address_;
  // Use all of the above.
  std::unique_ptr<CallServer> admin_call_server_;
  std::unique_ptr<CallServer> call_server_;

  std::thread model_watcher_;
  std::unique_ptr<HttpEndpoint> metrics_endpoint_;  // Reads all of the above.
};

}  // namespace parley

#endif  // PARLEY_SERVER_SERVER_H_
