// `parley rerank`: documents, ordered by how well they answer a query.
#ifndef PARLEY_CLIENT_RERANK_COMMAND_H_
#define PARLEY_CLIENT_RERANK_COMMAND_H_

#include <string>

#include "absl/types/span.h"
#include "client/command.h"

namespace parley::client {

// `args` is what follows the subcommand. Returns the exit code.
int RunRerank(const CommandContext& context,
              absl::Span<const std::string> args);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_RERANK_COMMAND_H_
