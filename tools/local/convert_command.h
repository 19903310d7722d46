// `parley convert IN OUT`: packs a model's weights ahead of time.
#ifndef PARLEY_TOOLS_LOCAL_CONVERT_COMMAND_H_
#define PARLEY_TOOLS_LOCAL_CONVERT_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/command.h"

namespace parley::tools {

// `args` is what follows the subcommand. Returns the exit code.
int RunConvert(const client::CommandContext& context,
               absl::Span<const std::string> args);

}  // namespace parley::tools

#endif  // PARLEY_TOOLS_LOCAL_CONVERT_COMMAND_H_
