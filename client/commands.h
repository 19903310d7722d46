// The command line of `parley`: a subcommand and its flags.
#ifndef PARLEY_CLIENT_COMMANDS_H_
#define PARLEY_CLIENT_COMMANDS_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/command.h"

namespace parley::client {

// A subcommand. `run` gets what follows its name and returns the exit code; it
// answers --help.
struct Command {
  absl::string_view name;
  absl::string_view summary;  // One line of the help, without a full stop.
  int (*run)(const CommandContext& context, absl::Span<const std::string> args);
};

// Runs `args`, the command line without the program's name, and returns the
// exit code: 0 done, 1 failed, 2 wrong usage. `local` holds the commands that
// work on files and ask no server; they come from the program, because this
// folder knows nothing of the engine that they need.
int RunParley(const CommandContext& context, absl::Span<const std::string> args,
              absl::Span<const Command> local);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_COMMANDS_H_
