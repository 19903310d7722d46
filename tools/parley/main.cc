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
  if (const char* server = std::getenv("PARLEY_SERVER");
      server != nullptr && *server != '\0') {
    context.server = server;
  }
  if (const char* server = std::getenv("PARLEY_ADMIN_SERVER");
      server != nullptr && *server != '\0') {
    context.admin_server = server;
  }
  const std::vector<std::string> args(argv + 1, argv + argc);
  return parley::client::RunParley(context, args,
                                   parley::tools::LocalCommands());
}
