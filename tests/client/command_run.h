// Runs a subcommand inside the test's process.
#ifndef PARLEY_TESTS_CLIENT_COMMAND_RUN_H_
#define PARLEY_TESTS_CLIENT_COMMAND_RUN_H_

#include <sstream>
#include <string>
#include <vector>

#include "client/command.h"

namespace parley::client {

struct Ran {
  int exit_code;
  std::string out;
  std::string err;
};

using RunFunction = int (*)(const CommandContext&,
                            absl::Span<const std::string>);

// The command's input is a terminal that nobody types at.
inline Ran RunCommand(RunFunction command, const std::string& server,
                      const std::vector<std::string>& args) {
  std::ostringstream out;
  std::ostringstream err;
  const CommandContext context = {.out = out,
                                  .err = err,
                                  .input_fd = -1,
                                  .input_is_terminal = true,
                                  .server = server};
  const int exit_code = command(context, args);
  return {exit_code, out.str(), err.str()};
}

}  // namespace parley::client

#endif  // PARLEY_TESTS_CLIENT_COMMAND_RUN_H_
