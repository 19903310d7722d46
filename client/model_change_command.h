// `parley models load|reload|unload NAME`: changes what a server serves.
#ifndef PARLEY_CLIENT_MODEL_CHANGE_COMMAND_H_
#define PARLEY_CLIENT_MODEL_CHANGE_COMMAND_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "client/command.h"

namespace parley::client {

// Whether `word` is load, reload or unload.
bool IsModelChange(absl::string_view word);

// `args` is what follows the word. Returns the exit code.
// REQUIRES: IsModelChange(word)
int RunModelChange(const CommandContext& context, absl::string_view word,
                   absl::Span<const std::string> args);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_MODEL_CHANGE_COMMAND_H_
