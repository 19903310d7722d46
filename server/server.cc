#include "server/server.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
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
// What a peer may send of a stream before it hears that it was read: enough for
// 2.5 MB/s over a way of 100 ms there and back. (Of a single large message gRPC
// lets all come.)
constexpr int kStreamWindowBytes = 1 << 18;

constexpr char kMetricsContentType[] =
    "text/plain; version=0.0.4; charset=utf-8";

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
  // A probe of the connection's bandwidth is a ping and its answer with nearly
  // each small call. The window that probes would find is given instead.
  builder->AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES,
                              kStreamWindowBytes);
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

// Threads that take calls: one reads and refuses some ten thousand a second,
// more than the CPUs that it has for itself compute.
int LoopCount() {
  constexpr int kCpusPerLoop = 4;
  constexpr int kMaxLoops = 16;
  return std::clamp(UsableCpuCount() / kCpusPerLoop, 1, kMaxLoops);
}

// Returns once the port is known: the one that was asked for, or a free one.
struct Listening {
  std::unique_ptr<CallServer> server;
  int port = 0;
};

absl::StatusOr<Listening> StartListening(
    const std::string& host, int port,
    const std::vector<WireService*>& services, grpc::ServerBuilder* builder) {
  Listening listening;
  builder->AddListeningPort(HostPort(host, port),
                            grpc::InsecureServerCredentials(), &listening.port);
  listening.server = CallServer::Start(builder, services, LoopCount());
  if (listening.server == nullptr || listening.port == 0) {
    return ExplainListenFailure(host, port);
  }
  return listening;
}

struct SidePort {
  absl::string_view name;  // "admin" of --admin_port.
  bool is_needed = false;
};

// What comes of a port that cannot be had: an error only where it is needed.
absl::Status GoOnWithout(const SidePort& port, const absl::Status& failure) {
  if (port.is_needed) {
    return absl::UnavailableError(
        absl::StrCat("the ", port.name, " port: ", failure.message()));
  }
  PARLEY_LOG(kWarning) << "going on without the " << port.name
                       << " port: " << failure.message() << "; --" << port.name
                       << "_port names another, or is off";
  return absl::OkStatus();
}

ModelChanges::Options ChangeOptionsOf(const ServerConfig& config,
                                      std::function<void()> changed) {
  return {.repository = config.model_repository,
          .compute_types = config.compute_types,
          .watch_interval = config.watch_interval,
          .changed = std::move(changed)};
}

// What the public port says to those who would change what is served.
std::string WhereToChange(const std::string& admin_address) {
  return admin_address.empty()
             ? "this server was started without an admin port "
               "(--admin_port), so what it serves cannot be changed by calls"
             : absl::StrCat(
                   "what is served is changed by calls to the admin port, ",
                   admin_address, ", and not to this one");
}

}  // namespace

Server::Server(const ServerConfig& config, ModelLoader loader)
    : metrics_(PARLEY_VERSION),
      runner_(Runner::Create(
          {.max_encoder_tokens = config.max_encoder_tokens_per_step,
           .num_replicas = config.replicas})),
      registry_(std::move(loader), LoadOptionsOf(config),
                {.max_tasks = config.max_queued_tasks,
                 .max_delay = config.max_queue_delay},
                runner_.get()),
      directory_(&registry_),
      gate_({.max_bytes = int64_t{config.max_inflight_mb} * kBytesPerMb,
             .max_calls = config.max_concurrent_requests}),
      changes_(ChangeOptionsOf(config, [this] { PublishHealth(); }),
               &registry_),
      admin_service_(&directory_, LimitsOf(config), {.admin = &changes_},
                     Environment(config).reporting),
      translation_service_(Environment(config)),
      embedding_service_(Environment(config)) {
  registry_.ReportTo(&metrics_);
  if (config.cache_mb > 0) {
    cache_ =
        std::make_shared<ResultCache>(int64_t{config.cache_mb} * kBytesPerMb);
    registry_.KeepResultsIn(cache_);
  }
  metrics_.SetModelList([this] { return Readiness(); });
}

CallEnvironment Server::Environment(const ServerConfig& config) {
  return {.models = &directory_,
          .gate = &gate_,
          .limits = LimitsOf(config),
          .reporting = {.metrics = &metrics_, .log_calls = config.log_calls}};
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
  // First, because the other one says where it is.
  PARLEY_RETURN_IF_ERROR(server->ListenForAdmin(config));
  PARLEY_RETURN_IF_ERROR(server->Listen(config));
  PARLEY_RETURN_IF_ERROR(server->ListenForScrapes(config));
  server->model_watcher_ = std::thread([&s = *server] { s.WatchModels(); });
  return server;
}

absl::Status Server::ListenForAdmin(const ServerConfig& config) {
  if (config.admin_port == ServerConfig::kNoPort) return absl::OkStatus();
  grpc::ServerBuilder builder;
  SetLimits(config, &builder);
  builder.SetOption(std::make_unique<ReflectionOption>(config.grpc_reflection));
  absl::StatusOr<Listening> listening = StartListening(
      config.admin_listen, config.admin_port, {&admin_service_}, &builder);
  if (listening.ok()) {
    admin_call_server_ = std::move(listening->server);
    admin_address_ = HostPort(config.admin_listen, listening->port);
    return absl::OkStatus();
  }
  return GoOnWithout({.name = "admin", .is_needed = config.needs_admin_port},
                     listening.status());
}

absl::Status Server::Listen(const ServerConfig& config) {
  model_service_.emplace(
      &directory_, LimitsOf(config),
      ModelService::Administration{.elsewhere = WhereToChange(admin_address_)},
      Environment(config).reporting);
  grpc::ServerBuilder builder;
  SetLimits(config, &builder);
  builder.SetOption(std::make_unique<ReflectionOption>(config.grpc_reflection));
  PARLEY_ASSIGN_OR_RETURN(
      Listening listening,
      StartListening(config.listen, config.grpc_port,
                     {&translation_service_, &embedding_service_,
                      &*model_service_, &health_service_},
                     &builder));
  call_server_ = std::move(listening.server);
  address_ = HostPort(config.listen, listening.port);
  return absl::OkStatus();
}

absl::Status Server::ListenForScrapes(const ServerConfig& config) {
  if (config.metrics_port == ServerConfig::kNoPort) return absl::OkStatus();
  const std::string& host =
      config.metrics_listen.empty() ? config.listen : config.metrics_listen;
  HttpEndpoint::Pages pages;
  pages["/metrics"] = [this] {
    return HttpAnswer{.content_type = kMetricsContentType,
                      .body = metrics_.Text()};
  };
  pages["/healthz"] = [] { return HttpAnswer{.body = "ok\n"}; };
  pages["/readyz"] = [this] {
    return health_service_.IsServing("")
               ? HttpAnswer{.body = "ok\n"}
               : HttpAnswer{.status = 503, .body = "not ready\n"};
  };
  auto endpoint = HttpEndpoint::Start(
      {.host = host, .port = config.metrics_port}, std::move(pages));
  if (endpoint.ok()) {
    metrics_endpoint_ = *std::move(endpoint);
    metrics_address_ = HostPort(host, metrics_endpoint_->port());
    return absl::OkStatus();
  }
  return GoOnWithout(
      {.name = "metrics", .is_needed = config.needs_metrics_port},
      ExplainListenFailure(host, config.metrics_port));
}

std::vector<ModelReadiness> Server::Readiness() const {
  std::vector<ModelReadiness> models;
  for (const ModelEntry& entry : registry_.List()) {
    models.push_back(
        {.model = entry.name, .is_ready = entry.state == ModelState::kReady});
  }
  return models;
}

Server::~Server() {
  Drain(absl::InfinitePast());
  if (model_watcher_.joinable()) model_watcher_.join();
}

void Server::RunWhereModelsLoad(absl::AnyInvocable<void()> work) {
  changes_.Run(std::move(work));
}

void Server::WatchRepository(const RepositorySnapshot& loaded) {
  changes_.Watch(loaded);
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

std::map<std::string, bool> Server::Health() const {
  std::map<std::string, bool> health;
  bool translates = false;
  bool embeds = false;
  for (const ModelEntry& entry : registry_.List()) {
    const bool ready = entry.state == ModelState::kReady;
    health[entry.name] = ready;
    if (!ready) continue;
    const ModelKind kind = entry.model->info.kind;
    translates |= kind == ModelKind::kTranslation;
    embeds |= kind == ModelKind::kEncoder;
  }
  const bool announced = ready_.HasBeenNotified();
  health[""] = announced && (translates || embeds);
  health["parley.v1.TranslationService"] = announced && translates;
  health["parley.v1.EmbeddingService"] = announced && embeds;
  health["parley.v1.ModelService"] = announced;
  return health;
}

void Server::PublishHealth() {
  absl::MutexLock lock(&publish_mutex_);
  health_service_.SetAll(Health());
}

void Server::WatchModels() {
  while (!draining_.WaitForNotificationWithTimeout(absl::Seconds(1))) {
    PublishHealth();
  }
}

void Server::StopReadiness() {
  health_service_.StopServing();
  changes_.Stop();
}

bool Server::Drain(absl::Time deadline) {
  if (draining_.HasBeenNotified()) return true;
  draining_.Notify();
  StopReadiness();
  health_service_.Shutdown();
  gate_.Close();
  translation_service_.StopStreams();
  embedding_service_.StopStreams();
  const bool all_answered = gate_.WaitUntilEmpty(deadline);
  // Answers what is left with UNAVAILABLE.
  runner_->Stop(absl::InfinitePast());
  // Calls that come while gRPC shuts down get CANCELLED from it. Clients that
  // are sending just now hear UNAVAILABLE first, which says more.
  constexpr absl::Duration kQuiet = absl::Milliseconds(100);
  gate_.WaitUntilQuiet(kQuiet,
                       std::min(deadline, absl::Now() + absl::Seconds(1)));
  // Streams of reflection, changes of models that are being made, and peers
  // that do not read, have a moment to end.
  constexpr absl::Duration kLastMoment = absl::Seconds(1);
  for (CallServer* server : {call_server_.get(), admin_call_server_.get()}) {
    if (server != nullptr) server->Shutdown(absl::Now() + kLastMoment);
  }
  return all_answered;
}

}  // namespace parley
