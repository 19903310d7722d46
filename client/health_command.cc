#include "client/health_command.h"

#include <vector>

#include "absl/status/statusor.h"
#include "client/client.h"
#include "client/command_line.h"

namespace parley::client {
namespace {

using ::grpc::health::v1::HealthCheckResponse;

constexpr char kHelp[] =
    R"(parley health: says whether the server, or a model, is ready

Usage: parley health [FLAGS] [MODEL]

Prints the state. Exits 0 for SERVING and 1 for anything else, after one call
that is not retried.

Examples:
  parley health
  parley health demo --timeout=1s
  HEALTHCHECK CMD ["parley", "health"]     (in a Dockerfile)

Flags:
)";

}  // namespace

int RunHealth(const CommandContext& context,
              absl::Span<const std::string> args) {
  ConnectionFlags connection = {.server = context.server,
                                .timeout = absl::Seconds(5)};
  std::vector<Flag> flags;
  AppendConnectionFlags(&connection, &flags);
  if (AsksForHelp(args)) {
    context.out << kHelp << DescribeFlags(flags);
    return kExitOk;
  }
  const absl::StatusOr<std::vector<std::string>> names =
      ParseFlags(flags, args);
  if (!names.ok()) {
    return ReportUsage(context, "health", names.status().message());
  }
  if (names->size() > 1) {
    return ReportUsage(context, "health", "wants one model's name at most");
  }
  Client client(connection.ToOptions());
  const absl::StatusOr<HealthCheckResponse::ServingStatus> state =
      client.CheckHealth(names->empty() ? "" : names->front());
  if (!state.ok()) return ReportFailure(context, connection, state.status());
  // proto3 keeps numbers that it has no name for.
  const std::string name = HealthCheckResponse::ServingStatus_Name(*state);
  context.out << (name.empty() ? "UNKNOWN" : name) << "\n" << std::flush;
  return *state == HealthCheckResponse::SERVING ? kExitOk : kExitFailure;
}

}  // namespace parley::client
