#include "server/server.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/time/clock.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "grpc/support/log.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/resource_quota.h"
#include "server/cpu_count.h"
#include "server/listen_error.h"
#include "server/rpc/message_parsing.h"

namespace parley {
namespace {

constexpr int kBytesPerMb = 1 << 20;

LoadOptions LoadOptionsOf(const ServerConfig& config) {
  const int num_cpus = UsableCpuCount();
  if (config.threads > num_cpus) {
    PARLEY_LOG(kWarning) << "--threads=" << config.threads
                         << " is more than the " << num_cpus
                         << " CPUs that this process may use: that is slow";
  }
  const int num_threads = config.threads > 0 ? config.threads : num_cpus;
  if (config.replicas > num_threads) {
    PARLEY_LOG(kWarning) << "--replicas=" << config.replicas
                         << " are more than the " << num_threads
                         << " threads to form them of: that is slow";
  }
  return {.num_threads = std::max(1, num_threads / config.replicas),
          .num_replicas = config.replicas,
          .pin_threads = config.pin_threads,
          .kv_cache_bytes = int64_t{config.kv_cache_mb} * kBytesPerMb,
          .max_rows = config.max_rows};
}

CallLimits LimitsOf(const ServerConfig& config) {
  return {.max_texts_per_request = config.max_texts_per_request,
          .max_response_bytes = int64_t{std::min(config.max_response_mb,
                                                 config.max_inflight_mb)} *
                                kBytesPerMb};
}

// Turns reflection on or off for one server. Linking gRPC's reflection turns
// it on for all that a process starts, if the linker keeps the initializer.
class ReflectionOption : public grpc::ServerBuilderOption {
 public:
  explicit ReflectionOption(bool enabled) : enabled_(enabled) {}

  void UpdateArguments(grpc::ChannelArguments*) override {}
  void UpdatePlugins(std::vector<std::unique_ptr<grpc::ServerBuilderPlugin>>*
                         plugins) override {
    auto reflection =
        std::make_unique<grpc::reflection::ProtoServerReflectionPlugin>();
    const std::string name = reflection->name();
    plugins->erase(std::remove_if(plugins->begin(), plugins->end(),
                                  [&](const auto& plugin) {
                                    return plugin->name() == name;
                                  }),
                   plugins->end());
    if (enabled_) plugins->push_back(std::move(reflection));
  }

 private:
  const bool enabled_;
};

void SetLimits(const ServerConfig& config, grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(config.max_request_bytes);
  // The services bound their responses themselves, with words.
  builder->SetMaxSendMessageSize(-1);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                              config.max_streams_per_connection);
  // With it, a second server on the port would silently share its calls.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Peers that vanished are found out, idle and old connections end: that
  // also lets balancers spread their clients anew. Clients may ping as often
  // as every ten seconds.
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 120'000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder->AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, 600'000);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 3'600'000);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 600'000);
  // What gRPC itself holds, messages that are not whole yet above all; and
  // threads, of which only reflection uses one for each of its calls.
  grpc::ResourceQuota quota("parley");
  quota.Resize(size_t{256} * kBytesPerMb +
               size_t{4} * config.max_request_bytes);
  quota.SetMaxThreads(16);
  builder->SetResourceQuota(quota);
}

// gRPC's own lines, in the form of ours.
void LogGrpcLine(gpr_log_func_args* line) {
  PARLEY_LOG(kWarning) << "grpc: " << line->message;
}

void RouteGrpcLog() {
  gpr_set_log_verbosity(GPR_LOG_SEVERITY_ERROR);
  gpr_set_log_function(&LogGrpcLine);
}

ModelListing::State ToListingState(ModelState state) {
  switch (state) {
    case ModelState::kLoading:
      return ModelListing::State::kLoading;
    case ModelState::kReady:
      return ModelListing::State::kReady;
    case ModelState::kFailed:
      break;
  }
  return ModelListing::State::kFailed;
}

}  // namespace

class Server::Directory final : public ModelDirectory {
 public:
  explicit Directory(const Registry* registry) : registry_(registry) {}

  absl::StatusOr<std::shared_ptr<ServedModel>> Find(
      absl::string_view name, ModelKind kind) const override {
    return registry_->Find(name, kind);
  }

  std::vector<ModelListing> List() const override {
    std::vector<ModelListing> listings;
    for (ModelEntry& entry : registry_->List()) {
      listings.push_back({.name = std::move(entry.name),
                          .state = ToListingState(entry.state),
                          .model = std::move(entry.model)});
    }
    return listings;
  }

 private:
  const Registry* const registry_;
};

Server::Server(const ServerConfig& config, ModelLoader loader)
    : runner_(Runner::Create(
          {.max_encoder_tokens = config.max_encoder_tokens_per_step,
           .num_replicas = config.replicas})),
      registry_(std::move(loader), LoadOptionsOf(config),
                {.max_tasks = config.max_queued_tasks,
                 .max_delay = config.max_queue_delay},
                runner_.get()),
      directory_(std::make_unique<Directory>(&registry_)),
      gate_({.max_bytes = int64_t{config.max_inflight_mb} * kBytesPerMb,
             .max_calls = config.max_concurrent_requests}),
      model_service_(directory_.get(), LimitsOf(config)),
      translation_service_(Environment(config)),
      embedding_service_(Environment(config)) {}

CallEnvironment Server::Environment(const ServerConfig& config) {
  return {
      .models = directory_.get(), .gate = &gate_, .limits = LimitsOf(config)};
}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const ServerConfig& config, const std::vector<ModelSource>& sources,
    ModelLoader loader) {
  RouteGrpcLog();
  RouteProtobufLog();
  std::unique_ptr<Server> server(new Server(config, std::move(loader)));
  for (const ModelSource& source : sources) {
    PARLEY_RETURN_IF_ERROR(server->registry_.Declare(source.name));
  }
  server->PublishHealth();
  PARLEY_RETURN_IF_ERROR(server->Listen(config));
  server->model_watcher_ = std::thread([&s = *server] { s.WatchModels(); });
  return server;
}

absl::Status Server::Listen(const ServerConfig& config) {
  grpc::ServerBuilder builder;
  SetLimits(config, &builder);
  builder.SetOption(std::make_unique<ReflectionOption>(config.grpc_reflection));
  builder.RegisterService(&translation_service_);
  builder.RegisterService(&embedding_service_);
  builder.RegisterService(&model_service_);
  builder.RegisterService(&health_service_);
  int port = 0;
  builder.AddListeningPort(HostPort(config.listen, config.grpc_port),
                           grpc::InsecureServerCredentials(), &port);
  grpc_server_ = builder.BuildAndStart();
  if (grpc_server_ == nullptr || port == 0) {
    return ExplainListenFailure(config.listen, config.grpc_port);
  }
  address_ = HostPort(config.listen, port);
  return absl::OkStatus();
}

Server::~Server() {
  Drain(absl::InfinitePast());
  if (model_watcher_.joinable()) model_watcher_.join();
}

absl::Status Server::Load(const ModelSource& source,
                          const LoadProgress& progress) {
  const absl::Status loaded = registry_.Load(source, progress);
  PublishHealth();
  return loaded;
}

void Server::AnnounceReady() {
  ready_.Notify();
  PublishHealth();
}

void Server::PublishHealth() {
  absl::MutexLock lock(&health_mutex_);
  bool any_ready = false;
  for (const ModelEntry& entry : registry_.List()) {
    const bool ready = entry.state == ModelState::kReady;
    any_ready |= ready;
    health_service_.SetServing(entry.name, ready);
  }
  const bool serving = any_ready && ready_.HasBeenNotified();
  for (const char* name :
       {"", "parley.v1.TranslationService", "parley.v1.EmbeddingService",
        "parley.v1.ModelService"}) {
    health_service_.SetServing(name, serving);
  }
}

void Server::WatchModels() {
  while (!draining_.WaitForNotificationWithTimeout(absl::Seconds(1))) {
    PublishHealth();
  }
}

bool Server::Drain(absl::Time deadline) {
  if (draining_.HasBeenNotified()) return true;
  draining_.Notify();
  health_service_.Shutdown();
  gate_.Close();
  embedding_service_.StopStreams();
  const bool all_answered = gate_.WaitUntilEmpty(deadline);
  // Answers what is left with UNAVAILABLE.
  runner_->Stop(absl::InfinitePast());
  // Streams of reflection, and peers that do not read, have a moment to end.
  constexpr auto kLastMoment = std::chrono::seconds(1);
  if (grpc_server_ != nullptr) {
    grpc_server_->Shutdown(std::chrono::system_clock::now() + kLastMoment);
    grpc_server_->Wait();
  }
  return all_answered;
}

}  // namespace parley
