#include "client/commands.h"

#include <vector>

#include "absl/strings/str_join.h"
#include "client/classify_command.h"
#include "client/embed_command.h"
#include "client/fill_mask_command.h"
#include "client/health_command.h"
#include "client/models_command.h"
#include "client/rerank_command.h"
#include "client/similarity_command.h"
#include "client/translate_command.h"

namespace parley::client {
namespace {

constexpr char kHelp[] =
    R"(parley: asks a Parley server to translate texts and to embed them

Usage: parley COMMAND [FLAGS] [ARGUMENTS]

  translate   Translates texts, a file or standard input
  embed       Gives the vector of each text, as JSON or as a .npy file
  similarity  Orders texts by how like another they are
  rerank      Orders documents by how well they answer a query
  classify    Labels texts, or pairs of texts
  fill-mask   Gives the likeliest words for the gaps in texts
  models      Lists what the server serves, or tells all about one model
  health      Says whether the server, or a model, is ready
  help        This page; "parley help translate" explains a command

Examples:
  parley translate --target=de "A man is riding a bike."
  parley translate --target=fr < captions.en > captions.fr
  parley embed --input=captions.en --output=npy --output_file=captions.npy
  parley similarity --text="A dog runs." "A hound is running." "Tax law."
  parley models
  parley health && echo ready

The server is at 127.0.0.1:8470 unless --server=HOST:PORT or PARLEY_SERVER in
the environment says otherwise. Exit codes: 0 done, 1 failed, 2 wrong usage.
)";

struct Command {
  const char* name;
  int (*run)(const CommandContext& context, absl::Span<const std::string> args);
};

constexpr Command kCommands[] = {
    {"translate", &RunTranslate},   {"embed", &RunEmbed},
    {"similarity", &RunSimilarity}, {"rerank", &RunRerank},
    {"classify", &RunClassify},     {"fill-mask", &RunFillMask},
    {"models", &RunModels},         {"health", &RunHealth},
};

const Command* FindCommand(absl::string_view name) {
  for (const Command& command : kCommands) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

int UnknownCommand(const CommandContext& context, absl::string_view name) {
  const std::string known = absl::StrJoin(
      kCommands, ", ",
      [](std::string* out, const Command& each) { out->append(each.name); });
  context.err << "parley: unknown command \"" << name << "\"; it knows "
              << known << " and help\n"
              << "See: parley help\n";
  return kExitUsage;
}

int RunHelp(const CommandContext& context, absl::Span<const std::string> args) {
  if (args.empty() || args[0] == "help" || args[0] == "--help") {
    context.out << kHelp;
    return kExitOk;
  }
  const Command* command = FindCommand(args[0]);
  if (command == nullptr) return UnknownCommand(context, args[0]);
  return command->run(context, std::vector<std::string>{"--help"});
}

}  // namespace

int RunParley(const CommandContext& context,
              absl::Span<const std::string> args) {
  if (args.empty()) {
    context.err << kHelp;
    return kExitUsage;
  }
  if (args[0] == "help" || args[0] == "--help" || args[0] == "-h") {
    return RunHelp(context, args.subspan(1));
  }
  const Command* command = FindCommand(args[0]);
  if (command == nullptr) return UnknownCommand(context, args[0]);
  return command->run(context, args.subspan(1));
}

}  // namespace parley::client
