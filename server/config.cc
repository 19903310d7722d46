#include "server/config.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"

namespace parley {
namespace {

constexpr char kIntroduction[] =
    R"(parley-server: translates over gRPC, on CPUs, with models as they come from the
usual hubs.

  parley-server --model_repository=models
      serves every model in the folder models, each subfolder with a
      config.json under its own name, on 127.0.0.1:8470

  parley-server --models=en-de=/data/opus-mt-en-de,en-fr=/data/opus-mt-en-fr
      serves these two

  parley-server --model_repository=models --listen=0.0.0.0 --grpc_port=9000
      takes calls from other machines too. There is no encryption and no
      authentication: put a proxy in front where that is needed

When it is ready it prints one line that says so, and the health service says
SERVING. SIGTERM and SIGINT end it: health says NOT_SERVING at once, calls are
taken for --drain_delay yet, and those that are in are answered first. A second
signal ends it at once.

Each flag can also be given as an environment variable, in capitals and with
PARLEY_ in front: PARLEY_GRPC_PORT=9000. The command line wins.

Exit status: 0 after an orderly end; 1 where serving failed (no model could be
loaded, the port is in use); 2 where the command line is wrong; 3 where calls
were still under way after --drain_timeout; 4 after a second signal; 5 where the
orderly end hung and a watchdog ended it.
)";

void AddModelFlags(ServerConfig* config, FlagSet* flags) {
  flags->AddGroup("What is served (at least one of the two)");
  flags->AddString(
      {"model_repository", "DIR",
       "Folder of models: each subfolder with a config.json is one, its name "
       "the folder's. A model that cannot be loaded is listed as failed, with "
       "the reason in the log, and the others are served; where none can be "
       "loaded, the server ends."},
      &config->model_repository);
  flags->AddCustom(
      {"models", "NAME=PATH,...",
       "Folders of single models, and the names that requests call them by."},
      "", [config](absl::string_view text) {
        auto models = ParseModelList(text);
        if (models.ok()) config->models = *std::move(models);
        return models.status();
      });
  flags->AddBool(
      {"watch_repository", "true|false",
       "Whether to look for changes in model_repository: new folders "
       "are loaded, changed ones reloaded beside the version that "
       "is served, and those that are gone unloaded. Files count "
       "once they have stayed the same for one interval."},
      &config->watch_repository);
  flags->AddDuration(
      {"watch_interval", "TIME", "How often watch_repository looks."},
      {absl::Milliseconds(10), absl::Hours(24)}, &config->watch_interval);
}

// "off", or a port, which is needed where it is given.
absl::Status SetPort(absl::string_view text, int* port, bool* is_needed) {
  int number = ServerConfig::kNoPort;
  if (text != "off" &&
      (!absl::SimpleAtoi(text, &number) || number < 0 || number > 65535)) {
    return absl::InvalidArgumentError(
        "expected off, or a whole number from 0 to 65535");
  }
  *port = number;
  *is_needed = number != ServerConfig::kNoPort;
  return absl::OkStatus();
}

void AddNetworkFlags(ServerConfig* config, FlagSet* flags) {
  flags->AddGroup("Network");
  flags->AddString(
      {"listen", "ADDRESS", "Address to listen on; 0.0.0.0 or [::] for all."},
      &config->listen);
  flags->AddInt({"grpc_port", "PORT",
                 "Port for gRPC. 0 takes any free one; the line that says "
                 "that the server is ready names it."},
                {0, 65535}, &config->grpc_port);
  flags->AddBool({"grpc_reflection", "true|false",
                  "Whether clients such as grpcurl may ask what services "
                  "there are."},
                 &config->grpc_reflection);
  flags->AddString({"admin_listen", "ADDRESS",
                    "Address of the admin port. Whoever can reach it decides "
                    "what is served."},
                   &config->admin_listen);
  flags->AddCustom(
      {"admin_port", "PORT|off",
       "Port for the calls that change what is served: LoadModel, UnloadModel, "
       "ReloadModel. 0 takes any free one, off does without. Where this is not "
       "given and the port cannot be had, the server does without, too, and "
       "says so."},
      absl::StrCat(config->admin_port), [config](absl::string_view text) {
        return SetPort(text, &config->admin_port, &config->needs_admin_port);
      });
  flags->AddString({"metrics_listen", "ADDRESS",
                    "Address of the metrics port; empty: that of listen."},
                   &config->metrics_listen);
  flags->AddCustom(
      {"metrics_port", "PORT|off",
       "Port for HTTP with /metrics for Prometheus, /healthz and /readyz. 0 "
       "takes any free one, off does without. Where this is not given and the "
       "port cannot be had, the server does without, too, and says so."},
      absl::StrCat(config->metrics_port), [config](absl::string_view text) {
        return SetPort(text, &config->metrics_port,
                       &config->needs_metrics_port);
      });
}

void AddEngineFlags(ServerConfig* config, FlagSet* flags) {
  flags->AddGroup("Engine");
  flags->AddInt({"threads", "N",
                 "Threads that compute. 0 takes as many as there are CPUs "
                 "that this process may use, by its cgroup's quota and its "
                 "affinity; more than that is slower."},
                {0, 1024}, &config->threads);
  flags->AddInt({"replicas", "N",
                 "Teams that these threads form. Each works on tasks of its "
                 "own, with one set of weights: several of few threads do "
                 "more in all, one of many answers a single call sooner. "
                 "kv_cache_mb and max_rows are for each."},
                {1, 1024}, &config->replicas);
  flags->AddBool({"pin_threads", "true|false",
                  "Binds each of these threads to a CPU of its own. For "
                  "machines that do nothing else."},
                 &config->pin_threads);
  flags->AddCustom(
      {"compute_type", "TYPE|NAME=TYPE,...",
       "What all models, or single ones, are computed in: f32 (transformers' "
       "own answers), bf16 (half the memory; needs AVX2), int8 (fastest, a "
       "quarter of the memory), or auto (the fastest of these that keeps the "
       "quality on this CPU). Unset: as a model's parley.json says, or as its "
       "weights were converted; f32 for those of the hubs."},
      "", [config](absl::string_view text) {
        auto types = ParseComputeTypes(text);
        if (types.ok()) config->compute_types = *std::move(types);
        return types.status();
      });
  flags->AddInt({"kv_cache_mb", "MIB",
                 "Memory for the keys and values of translations under way, "
                 "for each model."},
                {1, 1 << 20}, &config->kv_cache_mb);
  flags->AddInt({"max_rows", "N",
                 "Beams of all translations that one step computes at most, "
                 "for each model. At least 32, the most that one request may "
                 "ask for."},
                {32, 16384}, &config->max_rows);
  flags->AddInt({"cache_mb", "MIB",
                 "Memory for answers that have been given, for when they are "
                 "asked for again; what is asked twice at a time is computed "
                 "once, too. 0: none."},
                {0, 1 << 20}, &config->cache_mb);
  flags->AddInt({"max_encoder_tokens_per_step", "N",
                 "Source tokens that one step reads at most. Less makes "
                 "translations under way wait less for new ones."},
                {1, 1 << 20}, &config->max_encoder_tokens_per_step);
}

void AddLimitFlags(ServerConfig* config, FlagSet* flags) {
  flags->AddGroup("Limits (what is above them is refused with a clear status)");
  flags->AddInt({"max_queued_tasks", "N",
                 "Sentences that wait for a model at most; above, calls get "
                 "RESOURCE_EXHAUSTED."},
                {1, 1 << 24}, &config->max_queued_tasks);
  flags->AddDuration(
      {"max_queue_delay", "TIME",
       "Calls that would wait longer than this before they are begun, or than "
       "their own deadline allows, get RESOURCE_EXHAUSTED at once, with the "
       "time after which to try again. How long that is, is estimated from how "
       "fast the model has been lately."},
      {absl::Milliseconds(1), absl::Hours(24)}, &config->max_queue_delay);
  flags->AddInt({"max_concurrent_requests", "N",
                 "Calls that are worked on at a time, streams among them; "
                 "above, they get RESOURCE_EXHAUSTED."},
                {1, 1 << 20}, &config->max_concurrent_requests);
  flags->AddInt({"max_texts_per_request", "N", "Texts of one call at most."},
                {1, 1 << 20}, &config->max_texts_per_request);
  flags->AddInt({"max_request_bytes", "BYTES", "Size of one request at most."},
                {1024, 1 << 30}, &config->max_request_bytes);
  flags->AddInt({"max_response_mb", "MIB",
                 "Size of one response at most, and never more than "
                 "max_inflight_mb; calls whose answer would be larger get "
                 "INVALID_ARGUMENT."},
                {1, 1024}, &config->max_response_mb);
  flags->AddInt({"max_inflight_mb", "MIB",
                 "Size of all requests being worked on at most, with vectors "
                 "that are to be answered; above, calls get "
                 "RESOURCE_EXHAUSTED. At least max_request_bytes."},
                {1, 1 << 20}, &config->max_inflight_mb);
  flags->AddInt({"max_streams_per_connection", "N",
                 "Calls at a time on one connection; a client's further calls "
                 "wait on its side."},
                {1, 1 << 20}, &config->max_streams_per_connection);
}

absl::Status SetLogLevel(absl::string_view text, LogSeverity* severity) {
  if (text == "info") {
    *severity = LogSeverity::kInfo;
  } else if (text == "warning") {
    *severity = LogSeverity::kWarning;
  } else if (text == "error") {
    *severity = LogSeverity::kError;
  } else {
    return absl::InvalidArgumentError("expected info, warning or error");
  }
  return absl::OkStatus();
}

absl::Status SetLogFormat(absl::string_view text, LogFormat* format) {
  if (text == "text") {
    *format = LogFormat::kText;
  } else if (text == "json") {
    *format = LogFormat::kJson;
  } else {
    return absl::InvalidArgumentError("expected text or json");
  }
  return absl::OkStatus();
}

void AddLifeFlags(ServerConfig* config, FlagSet* flags) {
  flags->AddGroup("Life");
  flags->AddDuration({"drain_delay", "TIME",
                      "After SIGTERM or SIGINT: how long calls are still "
                      "taken, while health says NOT_SERVING, so that those who "
                      "send them have time to see that."},
                     {absl::ZeroDuration(), absl::Hours(24)},
                     &config->drain_delay);
  flags->AddDuration({"drain_timeout", "TIME",
                      "After that delay: how long calls that are in may take "
                      "before they are ended with UNAVAILABLE. A second signal "
                      "ends the server at once."},
                     {absl::ZeroDuration(), absl::Hours(24)},
                     &config->drain_timeout);
  flags->AddCustom({"log_level", "info|warning|error",
                    "What is written to standard error: this and graver."},
                   "info", [config](absl::string_view text) {
                     return SetLogLevel(text, &config->log_level);
                   });
  flags->AddCustom({"log_format", "text|json",
                    "How that is written: as lines for people, or as a JSON "
                    "object for each line."},
                   "text", [config](absl::string_view text) {
                     return SetLogFormat(text, &config->log_format);
                   });
  flags->AddBool({"log_calls", "true|false",
                  "Whether each call is a line of the log, of level info: what "
                  "it asked for and how long it took, never its texts."},
                 &config->log_calls);
}

FlagSet MakeFlags(CommandLine* command_line) {
  ServerConfig* config = &command_line->config;
  FlagSet flags;
  AddModelFlags(config, &flags);
  AddNetworkFlags(config, &flags);
  AddEngineFlags(config, &flags);
  AddLimitFlags(config, &flags);
  AddLifeFlags(config, &flags);
  return flags;
}

// What no single flag's range can say.
absl::Status CheckConfig(const ServerConfig& config) {
  if (config.model_repository.empty() && config.models.empty()) {
    return absl::InvalidArgumentError(
        "nothing to serve: give --model_repository=DIR, a folder with a "
        "subfolder for each model, or --models=name=path; --help shows "
        "examples");
  }
  if (config.listen.empty()) {
    return absl::InvalidArgumentError(
        "--listen is empty; 0.0.0.0 listens on all addresses");
  }
  if (config.admin_listen.empty()) {
    return absl::InvalidArgumentError(
        "--admin_listen is empty; --admin_port=off does without");
  }
  if (config.watch_repository && config.model_repository.empty()) {
    return absl::InvalidArgumentError(
        "--watch_repository has nothing to watch: give --model_repository=DIR");
  }
  if (int64_t{config.max_inflight_mb} << 20 < config.max_request_bytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--max_inflight_mb=", config.max_inflight_mb,
        " is less than --max_request_bytes=", config.max_request_bytes,
        ": such a request would never be taken"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(
    absl::Span<const char* const> arguments,
    const FlagSet::Environment& environment) {
  CommandLine command_line;
  for (const absl::string_view argument : arguments) {
    if (argument == "--help" || argument == "-help" || argument == "-h") {
      command_line.action = CommandLine::Action::kShowHelp;
      return command_line;
    }
    if (argument == "--version") {
      command_line.action = CommandLine::Action::kShowVersion;
      return command_line;
    }
  }
  FlagSet flags = MakeFlags(&command_line);
  PARLEY_RETURN_IF_ERROR(flags.ParseEnvironment("PARLEY_", environment));
  PARLEY_RETURN_IF_ERROR(flags.ParseArguments(arguments));
  PARLEY_RETURN_IF_ERROR(CheckConfig(command_line.config));
  return command_line;
}

std::string HelpText() {
  CommandLine command_line;
  return absl::StrCat(kIntroduction, MakeFlags(&command_line).Help());
}

std::string HostPort(const std::string& host, int port) {
  const bool bare_ipv6 =
      host.find(':') != std::string::npos && host.front() != '[';
  return bare_ipv6 ? absl::StrCat("[", host, "]:", port)
                   : absl::StrCat(host, ":", port);
}

}  // namespace parley
