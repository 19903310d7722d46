// `parley models [NAME]`: a table of what is served, or all about one model.
// What changes it is in client/model_change_command.h.
#ifndef PARLEY_CLIENT_MODELS_COMMAND_H_
#define PARLEY_CLIENT_MODELS_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/command.h"

namespace parley::client {

// `args` is what follows the subcommand. Returns the exit code.
int RunModels(const CommandContext& context,
              absl::Span<const std::string> args);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_MODELS_COMMAND_H_
