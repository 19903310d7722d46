#include "client/command.h"

#include "absl/strings/str_cat.h"

namespace parley::client {
namespace {

// What the person at the keyboard can do about it; may be empty.
std::string Advice(const ConnectionFlags& connection, absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnavailable:
      if (connection.port == ServerPort::kAdmin) {
        return absl::StrCat(
            "Is ", connection.server,
            " a server's admin port? Its ready line names it; "
            "--server=HOST:PORT or PARLEY_ADMIN_SERVER name another.\n");
      }
      return absl::StrCat(
          "No server takes calls at ", connection.server, ". Start one:\n",
          "  parley-server --model_repository=models --grpc_port=8470\n",
          "or name another with --server=HOST:PORT or PARLEY_SERVER.\n");
    case absl::StatusCode::kDeadlineExceeded:
      return absl::StrCat("No answer from ", connection.server, " within ",
                          absl::FormatDuration(connection.timeout),
                          "; --timeout gives it longer.\n");
    case absl::StatusCode::kUnimplemented:
      return absl::StrCat("Is it a Parley server that listens at ",
                          connection.server, "?\n");
    default:
      return "";
  }
}

}  // namespace

ClientOptions ConnectionFlags::ToOptions() const {
  ClientOptions options;
  options.server = server;
  options.timeout = timeout;
  return options;
}

void AppendConnectionFlags(ConnectionFlags* connection,
                           std::vector<Flag>* flags) {
  const bool is_admin = connection->port == ServerPort::kAdmin;
  flags->push_back(StringFlag(
      {"server", "HOST:PORT",
       absl::StrCat(is_admin ? "The server's admin port (now "
                             : "Where parley-server listens (now ",
                    connection->server, "). ",
                    is_admin ? "PARLEY_ADMIN_SERVER" : "PARLEY_SERVER",
                    " in the environment changes what is taken without this "
                    "flag.")},
      &connection->server));
  flags->push_back(DurationFlag(
      {"timeout", "TIME",
       absl::StrCat(is_admin ? "How long to wait for it: 90s, 2m (default "
                             : "How long one call may take, with its retries: "
                               "90s, 2m, 500ms (default ",
                    absl::FormatDuration(connection->timeout), ").",
                    is_admin ? " The server goes on after that." : "")},
      &connection->timeout));
}

Flag ModelFlag(std::string* model) {
  return TextFlag({"model", "NAME",
                   "The model to use. May be left out where only one of its "
                   "kind, translation or encoder, is served."},
                  model);
}

Flag OutputFlag(absl::string_view help, int* format) {
  return ChoiceFlag({"output", "text|json", std::string(help)},
                    {{"text", static_cast<int>(OutputFormat::kText)},
                     {"json", static_cast<int>(OutputFormat::kJson)}},
                    format);
}

int ReportUsage(const CommandContext& context, absl::string_view subcommand,
                absl::string_view problem) {
  context.err << "parley " << subcommand << ": " << problem << "\n"
              << "See: parley " << subcommand << " --help\n";
  return kExitUsage;
}

int ReportFailure(const CommandContext& context,
                  const ConnectionFlags& connection,
                  const absl::Status& status) {
  context.err << "parley: " << absl::StatusCodeToString(status.code()) << ": "
              << status.message() << "\n"
              << Advice(connection, status.code());
  return kExitFailure;
}

}  // namespace parley::client
