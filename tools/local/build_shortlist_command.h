// `parley build-shortlist`: a vocabulary shortlist from translated texts.
#ifndef PARLEY_TOOLS_LOCAL_BUILD_SHORTLIST_COMMAND_H_
#define PARLEY_TOOLS_LOCAL_BUILD_SHORTLIST_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/command.h"

namespace parley::tools {

// `args` is what follows the subcommand. Returns the exit code.
int RunBuildShortlist(const client::CommandContext& context,
                      absl::Span<const std::string> args);

}  // namespace parley::tools

#endif  // PARLEY_TOOLS_LOCAL_BUILD_SHORTLIST_COMMAND_H_
