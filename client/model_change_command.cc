#include "client/model_change_command.h"

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "client/client.h"
#include "client/command_line.h"

namespace parley::client {
namespace {

using ::parley::v1::Model;

constexpr char kHelp[] =
    R"(parley models load|reload|unload: changes what a server serves

Usage: parley models load [FLAGS] NAME
       parley models reload [FLAGS] NAME
       parley models unload [FLAGS] NAME

load serves one more model. reload loads a model's files anew, beside the
version that is served, and swaps the two when the new one works; calls finish
on the version that they began with. Where either fails, all is as before.
unload takes a model away; calls that are in are answered.

These calls go to the server's admin port, which listens on loopback only
unless told otherwise.

Examples:
  parley models load opus-mt-en-fr
  parley models load fr --directory=/srv/models/opus-mt-en-fr
  parley models reload demo
  parley models unload demo

Flags:
)";

struct ChangeFlags {
  ConnectionFlags connection;
  std::string directory;
  std::string compute_type;
};

std::vector<Flag> FlagsOf(absl::string_view word, ChangeFlags* values) {
  std::vector<Flag> flags;
  if (word != "unload") {
    flags.push_back(
        TextFlag({"directory", "DIR",
                  word == "load"
                      ? "The model's folder, on the server's machine; without "
                        "it, the one of that name in its model repository."
                      : "Another folder from now on, on the server's machine; "
                        "without it, the one that it was loaded from."},
                 &values->directory));
  }
  if (word == "load") {
    flags.push_back(TextFlag(
        {"compute_type", "TYPE",
         "auto, f32, bf16 or int8; without it, as the server's flags and the "
         "model's files say."},
        &values->compute_type));
  }
  AppendConnectionFlags(&values->connection, &flags);
  return flags;
}

// Makes the change; of unload, the model is empty.
absl::StatusOr<Model> Change(absl::string_view word, const std::string& name,
                             const ChangeFlags& flags) {
  Client client(flags.connection.ToOptions());
  if (word == "load") {
    v1::LoadModelRequest request;
    request.set_model(name);
    request.set_directory(flags.directory);
    request.set_compute_type(flags.compute_type);
    return client.LoadModel(request);
  }
  if (word == "reload") {
    v1::ReloadModelRequest request;
    request.set_model(name);
    request.set_directory(flags.directory);
    return client.ReloadModel(request);
  }
  v1::UnloadModelRequest request;
  request.set_model(name);
  const absl::StatusOr<v1::UnloadModelResponse> unloaded =
      client.UnloadModel(request);
  if (!unloaded.ok()) return unloaded.status();
  return Model();
}

}  // namespace

bool IsModelChange(absl::string_view word) {
  return word == "load" || word == "reload" || word == "unload";
}

int RunModelChange(const CommandContext& context, absl::string_view word,
                   absl::Span<const std::string> args) {
  // Loading takes as long as a disk takes for the weights.
  ChangeFlags values = {.connection = {.server = context.admin_server,
                                       .timeout = absl::Minutes(10),
                                       .port = ServerPort::kAdmin}};
  const std::vector<Flag> flags = FlagsOf(word, &values);
  if (AsksForHelp(args)) {
    context.out << kHelp << DescribeFlags(flags);
    return kExitOk;
  }
  const std::string command = absl::StrCat("models ", word);
  const absl::StatusOr<std::vector<std::string>> names =
      ParseFlags(flags, args);
  if (!names.ok()) {
    return ReportUsage(context, command, names.status().message());
  }
  if (names->size() != 1) {
    return ReportUsage(context, command, "wants one model's name");
  }
  const std::string& name = names->front();
  if (context.error_is_terminal) {
    context.err << word << "ing " << name << " ..." << std::endl;
  }
  const absl::Time begin = absl::Now();
  const absl::StatusOr<Model> model = Change(word, name, values);
  if (!model.ok()) {
    return ReportFailure(context, values.connection, model.status());
  }
  const std::string seconds =
      absl::StrFormat("%.1f s", absl::ToDoubleSeconds(absl::Now() - begin));
  if (word == "unload") {
    context.out << name << " is unloaded" << std::endl;
  } else {
    context.out << name << " is ready: version " << model->version() << ", "
                << model->architecture() << ", " << model->compute_type()
                << ", after " << seconds << std::endl;
  }
  return kExitOk;
}

}  // namespace parley::client
