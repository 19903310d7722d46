// The `parley` program: hands the process's own streams and environment, and
// the commands that work on local files, to the command line in
// client/commands.h.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "client/commands.h"
#include "tools/local/commands.h"

namespace {

// Leaves *value where the variable is not set or empty.
void ReadEnvironment(const char* name, std::string* value) {
  const char* text = std::getenv(name);
  if (text != nullptr && *text != '\0') *value = text;
}

}  // namespace

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  parley::client::CommandContext context = {
      .out = std::cout,
      .err = std::cerr,
      .input_fd = STDIN_FILENO,
      .input_is_terminal = ::isatty(STDIN_FILENO) == 1,
      .output_is_terminal = ::isatty(STDOUT_FILENO) == 1,
      .error_is_terminal = ::isatty(STDERR_FILENO) == 1,
  };
  ReadEnvironment("PARLEY_SERVER", &context.server);
  ReadEnvironment("PARLEY_ADMIN_SERVER", &context.admin_server);
  const std::vector<std::string> args(argv + 1, argv + argc);
  return parley::client::RunParley(context, args,
                                   parley::tools::LocalCommands());
}
