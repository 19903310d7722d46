// What the subcommands of `parley` share.
#ifndef PARLEY_CLIENT_COMMAND_H_
#define PARLEY_CLIENT_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/client.h"
#include "client/command_line.h"

namespace parley::client {

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;

// The outside of the process, so that tests can stand in for it. The streams
// are not owned.
struct CommandContext {
  std::ostream& out;
  std::ostream& err;
  int input_fd = 0;
  bool input_is_terminal = false;
  bool output_is_terminal = false;
  bool error_is_terminal = false;
  // From the environment; used where --server is not given.
  std::string server = "127.0.0.1:8470";
  // Likewise, by the commands that change what is served.
  std::string admin_server = "127.0.0.1:8471";
};

// What one subcommand prints itself as.
enum class OutputFormat { kText, kJson };

// Which of a server's ports a subcommand calls.
enum class ServerPort { kCalls, kAdmin };

// Where and how long to call; every subcommand has these flags.
struct ConnectionFlags {
  std::string server;
  absl::Duration timeout;
  // Not a flag.
  ServerPort port = ServerPort::kCalls;

  ClientOptions ToOptions() const;
};
void AppendConnectionFlags(ConnectionFlags* connection,
                           std::vector<Flag>* flags);

// --model=NAME.
Flag ModelFlag(std::string* model);

// --output=text|json, into an OutputFormat's number.
Flag OutputFlag(absl::string_view help, int* format);

// Prints what is wrong with the command line and where its help is; returns
// kExitUsage.
int ReportUsage(const CommandContext& context, absl::string_view subcommand,
                absl::string_view problem);

// Prints why a call failed and what can be done; returns kExitFailure.
int ReportFailure(const CommandContext& context,
                  const ConnectionFlags& connection,
                  const absl::Status& status);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_COMMAND_H_
