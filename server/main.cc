// parley-server: from a command line to a server, and to its orderly end.
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/types/span.h"
#include "base/log.h"
#include "base/log_event.h"
#include "base/status_macros.h"
#include "engine/runtime/loader.h"
#include "server/config.h"
#include "server/openmp_environment.h"
#include "server/server.h"
#include "server/startup_report.h"
#include "server/stop_signal.h"

namespace parley {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;

std::optional<std::string> ReadEnvironment(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

absl::StatusOr<std::vector<ModelSource>> FindSources(
    const ServerConfig& config) {
  std::vector<ModelSource> sources = config.models;
  if (!config.model_repository.empty()) {
    PARLEY_ASSIGN_OR_RETURN(std::vector<ModelSource> found,
                            FindModels(config.model_repository));
    sources.insert(sources.end(), found.begin(), found.end());
  }
  PARLEY_RETURN_IF_ERROR(SetComputeTypes(config.compute_types, &sources));
  return sources;
}

// Returns how many models are ready.
int LoadAll(const std::vector<ModelSource>& sources, const StopSignal& stop,
            Server* server) {
  int num_ready = 0;
  for (const ModelSource& source : sources) {
    if (stop.requested()) break;
    LoadDisplay display(source.name,
                        {.is_terminal = isatty(STDERR_FILENO) != 0,
                         .is_logged = GetLogFormat() == LogFormat::kJson},
                        &std::cerr);
    const absl::Status loaded =
        server->Load(source, [&display](absl::string_view stage, double done) {
          display.Update(stage, done);
        });
    display.Finish();
    if (loaded.ok()) {
      ++num_ready;
    } else {
      PARLEY_LOG(kError) << "model \"" << source.name << "\" in "
                         << source.directory
                         << " cannot be served: " << loaded.message();
    }
  }
  return num_ready;
}

int Serve(const ServerConfig& config) {
  SetMinLogSeverity(config.log_level);
  SetLogFormat(config.log_format);
  const absl::Duration drain_time = absl::Seconds(config.drain_seconds);
  // What follows the drain itself is quick; beyond that something hangs.
  const StopSignal stop(drain_time + absl::Seconds(5));
  // A reader that closes our output must not end the server.
  signal(SIGPIPE, SIG_IGN);

  const absl::StatusOr<std::vector<ModelSource>> sources = FindSources(config);
  if (!sources.ok()) {
    PARLEY_LOG(kError) << sources.status().message();
    return kExitFailure;
  }
  absl::StatusOr<std::unique_ptr<Server>> server =
      Server::Start(config, *sources, LoadModel);
  if (!server.ok()) {
    PARLEY_LOG(kError) << server.status().message();
    return kExitFailure;
  }
  if (LoadAll(*sources, stop, server->get()) == 0 && !stop.requested()) {
    PARLEY_LOG(kError) << "no model could be loaded, so there is nothing to "
                          "serve; the lines above say why";
    return kExitFailure;
  }
  if (!stop.requested()) {
    (*server)->AnnounceReady();
    std::cout << ReadyLine({.grpc = (*server)->address(),
                            .metrics = (*server)->metrics_address()},
                           (*server)->models())
              << std::endl;
  }
  stop.Wait();
  if (!(*server)->Drain(absl::Now() + drain_time)) {
    PARLEY_LOG(kWarning) << "calls were still under way after " << drain_time
                         << " and were ended";
  }
  return EXIT_SUCCESS;
}

int Main(absl::Span<const char* const> arguments) {
  const absl::StatusOr<CommandLine> command_line =
      ParseCommandLine(arguments, ReadEnvironment);
  if (!command_line.ok()) {
    std::cerr << "parley-server: " << command_line.status().message() << "\n";
    return kExitUsage;
  }
  switch (command_line->action) {
    case CommandLine::Action::kShowHelp:
      std::cout << HelpText();
      return EXIT_SUCCESS;
    case CommandLine::Action::kShowVersion:
      std::cout << "parley-server " PARLEY_VERSION "\n";
      return EXIT_SUCCESS;
    case CommandLine::Action::kServe:
      break;
  }
  return Serve(command_line->config);
}

}  // namespace
}  // namespace parley

int main(int argc, char** argv) {
  parley::RestartWithOpenMpSettings(argv);
  return parley::Main(
      absl::MakeConstSpan(argv, argc).subspan(argc > 0 ? 1 : 0));
}
