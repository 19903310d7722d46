// The command line of `parley`: a subcommand and its flags.
#ifndef PARLEY_CLIENT_COMMANDS_H_
#define PARLEY_CLIENT_COMMANDS_H_

#include <string>

#include "absl/types/span.h"
#include "client/command.h"

namespace parley::client {

// Runs `args`, the command line without the program's name, and returns the
// exit code: 0 done, 1 failed, 2 wrong usage.
int RunParley(const CommandContext& context,
              absl::Span<const std::string> args);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_COMMANDS_H_
