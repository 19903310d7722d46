// `parley health [MODEL]`: prints the state and exits 0 only for SERVING, so
// that containers can use it as their probe.
#ifndef PARLEY_CLIENT_HEALTH_COMMAND_H_
#define PARLEY_CLIENT_HEALTH_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/command.h"

namespace parley::client {

// `args` is what follows the subcommand. Returns the exit code.
int RunHealth(const CommandContext& context,
              absl::Span<const std::string> args);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_HEALTH_COMMAND_H_
