// `parley inspect DIR`: what a model directory holds.
#ifndef PARLEY_TOOLS_LOCAL_INSPECT_COMMAND_H_
#define PARLEY_TOOLS_LOCAL_INSPECT_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/command.h"

namespace parley::tools {

// `args` is what follows the subcommand. Returns the exit code.
int RunInspect(const client::CommandContext& context,
               absl::Span<const std::string> args);

}  // namespace parley::tools

#endif  // PARLEY_TOOLS_LOCAL_INSPECT_COMMAND_H_
