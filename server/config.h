// What a server is told at its start.
#ifndef PARLEY_SERVER_CONFIG_H_
#define PARLEY_SERVER_CONFIG_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/log.h"
#include "base/log_event.h"
#include "server/compute_types.h"
#include "server/flags.h"
#include "server/registry/model_source.h"

namespace parley {

// One field for each flag of the same name; --help says what they mean.
struct ServerConfig {
  std::string model_repository;
  std::vector<ModelSource> models;
  bool watch_repository = false;
  absl::Duration watch_interval = absl::Seconds(5);

  std::string listen = "127.0.0.1";
  int grpc_port = 8470;
  bool grpc_reflection = true;
  std::string admin_listen = "127.0.0.1";
  static constexpr int kNoPort = -1;
  int admin_port = 8471;  // Or kNoPort: off.
  // Whether the server ends where it cannot listen there: it does where
  // somebody asked for the port.
  bool needs_admin_port = false;
  std::string metrics_listen;  // Empty: as `listen`.
  int metrics_port = 9464;     // Or kNoPort: off.
  // Whether the server ends where it cannot listen there: it does where
  // somebody asked for the port.
  bool needs_metrics_port = false;

  int threads = 0;
  bool pin_threads = false;
  ComputeTypes compute_types;
  int kv_cache_mb = 256;
  int max_rows = 256;
  int max_encoder_tokens_per_step = 512;
  int replicas = 1;

  int max_queued_tasks = 16384;
  absl::Duration max_queue_delay = absl::Seconds(10);
  int max_concurrent_requests = 4096;
  int max_texts_per_request = 1024;
  int max_request_bytes = 16 << 20;
  int max_response_mb = 64;
  int max_inflight_mb = 256;
  int max_streams_per_connection = 256;

  absl::Duration drain_delay = absl::Seconds(5);
  absl::Duration drain_timeout = absl::Seconds(30);
  LogSeverity log_level = LogSeverity::kInfo;
  LogFormat log_format = LogFormat::kText;
  bool log_calls = true;
};

// What the command line asks for.
struct CommandLine {
  enum class Action { kServe, kShowHelp, kShowVersion };
  Action action = Action::kServe;
  ServerConfig config;
};

// Reads `arguments` (without the program's name) and, for flags not among
// them, the environment. INVALID_ARGUMENT says what to change. Nothing is
// read from disk.
absl::StatusOr<CommandLine> ParseCommandLine(
    absl::Span<const char* const> arguments,
    const FlagSet::Environment& environment);

// What --help prints.
std::string HelpText();

// "127.0.0.1:8470"; IPv6 addresses in brackets.
std::string HostPort(const std::string& host, int port);

}  // namespace parley

#endif  // PARLEY_SERVER_CONFIG_H_
