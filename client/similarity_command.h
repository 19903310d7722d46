// `parley similarity`: texts, ordered by how like another they are.
#ifndef PARLEY_CLIENT_SIMILARITY_COMMAND_H_
#define PARLEY_CLIENT_SIMILARITY_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/command.h"

namespace parley::client {

// `args` is what follows the subcommand. Returns the exit code.
int RunSimilarity(const CommandContext& context,
                  absl::Span<const std::string> args);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_SIMILARITY_COMMAND_H_
