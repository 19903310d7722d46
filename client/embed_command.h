// `parley embed`: vectors of texts, as JSON or as a .npy file.
#ifndef PARLEY_CLIENT_EMBED_COMMAND_H_
#define PARLEY_CLIENT_EMBED_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/command.h"

namespace parley::client {

// `args` is what follows the subcommand. Returns the exit code.
int RunEmbed(const CommandContext& context, absl::Span<const std::string> args);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_EMBED_COMMAND_H_
