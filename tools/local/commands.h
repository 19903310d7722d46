// The commands of `parley` that work on files of this machine.
#ifndef PARLEY_TOOLS_LOCAL_COMMANDS_H_
#define PARLEY_TOOLS_LOCAL_COMMANDS_H_

#include "absl/types/span.h"
#include "client/commands.h"

namespace parley::tools {

// In the order of the help. Any thread; valid for the program's life.
absl::Span<const client::Command> LocalCommands();

}  // namespace parley::tools

#endif  // PARLEY_TOOLS_LOCAL_COMMANDS_H_
