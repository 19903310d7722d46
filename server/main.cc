// parley-server: from a command line to a server, and to its orderly end.
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/types/span.h"
#include "base/log.h"
#include "base/log_event.h"
#include "base/status_macros.h"
#include "base/thread_turns.h"
#include "engine/runtime/loader.h"
#include "server/config.h"
#include "server/exit_status.h"
#include "server/openmp_environment.h"
#include "server/registry/repository_changes.h"
#include "server/server.h"
#include "server/startup_report.h"
#include "server/stop_signal.h"

namespace parley {
namespace {

std::optional<std::string> ReadEnvironment(const std::string& variable) {
  const char* value = std::getenv(variable.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

// What is to be loaded at the start.
struct StartState {
  std::vector<ModelSource> sources;
  RepositorySnapshot repository;  // As it was before any of them was read.
};

absl::StatusOr<StartState> FindSources(const ServerConfig& config) {
  StartState start = {.sources = config.models};
  if (config.watch_repository) {
    const std::filesystem::path repository = config.model_repository;
    PARLEY_ASSIGN_OR_RETURN(start.repository, TakeSnapshot(repository));
    for (const auto& [name, files] : start.repository) {
      start.sources.push_back({.name = name, .directory = repository / name});
    }
  } else if (!config.model_repository.empty()) {
    PARLEY_ASSIGN_OR_RETURN(std::vector<ModelSource> found,
                            FindModels(config.model_repository));
    start.sources.insert(start.sources.end(), found.begin(), found.end());
  }
  const absl::Status typed =
      SetComputeTypes(config.compute_types, &start.sources);
  // One that is watched may get the models that are meant later.
  if (!typed.ok() && !config.watch_repository) return typed;
  return start;
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

// As LoadAll, on the server's thread for it; nothing where the server was asked
// to end before.
std::optional<int> LoadUnlessStopped(const std::vector<ModelSource>& sources,
                                     const StopSignal& stop, Server* server) {
  // Outlives this function where the thread is still at it.
  struct Progress {
    int num_ready = 0;
    absl::Notification loaded;
  };
  const auto progress = std::make_shared<Progress>();
  server->RunWhereModelsLoad([sources, progress, &stop, server] {
    progress->num_ready = LoadAll(sources, stop, server);
    progress->loaded.Notify();
  });
  // Loading cannot be cut short, so it is not waited for.
  constexpr absl::Duration kGlance = absl::Milliseconds(20);
  while (!progress->loaded.WaitForNotificationWithTimeout(kGlance)) {
    if (stop.requested()) return std::nullopt;
  }
  return progress->num_ready;
}

// Ends what the server is at, in order, and returns the exit status. Does not
// return where a model is being loaded: the process ends without it.
int End(const ServerConfig& config, absl::Duration drain_delay,
        Server* server) {
  server->StopReadiness();
  absl::SleepFor(drain_delay);
  const bool all_answered = server->Drain(absl::Now() + config.drain_timeout);
  if (!all_answered) {
    PARLEY_LOG(kWarning) << "calls were still under way after "
                         << config.drain_timeout << " and were ended";
  }
  const int status = all_answered ? kExitOk : kExitDrainTimeout;
  if (server->is_loading()) _exit(status);
  return status;
}

// Weights go back to the system when their model is unloaded: from this size on
// in mappings of their own. malloc's own bound rises with what is freed, and
// models that come and go would leave it full of holes.
void KeepLargeBlocksApart() { mallopt(M_MMAP_THRESHOLD, 1 << 20); }

// Debian's Abseil looks for cycles of mutexes at every lock, gRPC's included,
// and keeps their graph behind one lock of its own.
void LockWithoutLookingForCycles() {
#ifdef NDEBUG
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
}

int Serve(const ServerConfig& config) {
  SetMinLogSeverity(config.log_level);
  SetLogFormat(config.log_format);
  KeepLargeBlocksApart();
  LockWithoutLookingForCycles();
  WaitForTurns();  // All threads but those that compute.
  // What follows the drain itself is quick; beyond that something hangs.
  const StopSignal stop(config.drain_delay + config.drain_timeout +
                        absl::Seconds(5));
  // A reader that closes our output must not end the server.
  signal(SIGPIPE, SIG_IGN);

  const absl::StatusOr<StartState> start = FindSources(config);
  if (!start.ok()) {
    PARLEY_LOG(kError) << start.status().message();
    return kExitFailure;
  }
  absl::StatusOr<std::unique_ptr<Server>> server =
      Server::Start(config, start->sources, LoadModel);
  if (!server.ok()) {
    PARLEY_LOG(kError) << server.status().message();
    return kExitFailure;
  }
  const std::optional<int> num_ready =
      LoadUnlessStopped(start->sources, stop, server->get());
  // Nobody was told that it is ready, so nobody has to be told otherwise.
  if (!num_ready.has_value() || stop.requested()) {
    return End(config, absl::ZeroDuration(), server->get());
  }
  if (*num_ready == 0 && !config.watch_repository) {
    PARLEY_LOG(kError) << "no model could be loaded, so there is nothing to "
                          "serve; the lines above say why";
    return kExitFailure;
  }
  if (config.watch_repository) (*server)->WatchRepository(start->repository);
  (*server)->AnnounceReady();
  std::cout << ReadyLine({.grpc = (*server)->address(),
                          .admin = (*server)->admin_address(),
                          .metrics = (*server)->metrics_address()},
                         (*server)->models())
            << std::endl;
  stop.Wait();
  return End(config, config.drain_delay, server->get());
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
      return kExitOk;
    case CommandLine::Action::kShowVersion:
      std::cout << "parley-server " PARLEY_VERSION "\n";
      return kExitOk;
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
