#include "client/commands.h"

#include <vector>

#include "absl/strings/str_format.h"
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

constexpr char kHelpHead[] =
    R"(parley: asks a Parley server to translate texts and to embed them

Usage: parley COMMAND [FLAGS] [ARGUMENTS]

)";

constexpr char kHelpTail[] = R"(
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

constexpr Command kCommands[] = {
    {"translate", "Translates texts, a file or standard input", &RunTranslate},
    {"embed", "Gives the vector of each text, as JSON or as a .npy file",
     &RunEmbed},
    {"similarity", "Orders texts by how like another they are", &RunSimilarity},
    {"rerank", "Orders documents by how well they answer a query", &RunRerank},
    {"classify", "Labels texts, or pairs of texts", &RunClassify},
    {"fill-mask", "Gives the likeliest words for the gaps in texts",
     &RunFillMask},
    {"models", "Lists what is served, tells about a model, or changes it",
     &RunModels},
    {"health", "Says whether the server, or a model, is ready", &RunHealth},
};

std::string HelpLine(absl::string_view name, absl::string_view summary) {
  return absl::StrFormat("  %-15s %s\n", name, summary);
}

std::string Help(absl::Span<const Command> local) {
  std::string help = kHelpHead;
  for (const Command& each : kCommands) {
    help += HelpLine(each.name, each.summary);
  }
  help += HelpLine("help",
                   "This page; \"parley help translate\" explains a command");
  if (!local.empty()) help += "\nOn files of this machine, without a server:\n";
  for (const Command& each : local) help += HelpLine(each.name, each.summary);
  return help + kHelpTail;
}

const Command* FindCommand(absl::string_view name,
                           absl::Span<const Command> local) {
  for (const absl::Span<const Command> commands :
       {absl::Span<const Command>(kCommands), local}) {
    for (const Command& command : commands) {
      if (command.name == name) return &command;
    }
  }
  return nullptr;
}

int UnknownCommand(const CommandContext& context, absl::string_view name,
                   absl::Span<const Command> local) {
  context.err << "parley: unknown command \"" << name << "\"; it knows ";
  for (const Command& each : kCommands) context.err << each.name << ", ";
  for (const Command& each : local) context.err << each.name << ", ";
  context.err << "help\nSee: parley help\n";
  return kExitUsage;
}

int RunHelp(const CommandContext& context, absl::Span<const std::string> args,
            absl::Span<const Command> local) {
  if (args.empty() || args[0] == "help" || args[0] == "--help") {
    context.out << Help(local);
    return kExitOk;
  }
  const Command* command = FindCommand(args[0], local);
  if (command == nullptr) return UnknownCommand(context, args[0], local);
  return command->run(context, std::vector<std::string>{"--help"});
}

}  // namespace

int RunParley(const CommandContext& context, absl::Span<const std::string> args,
              absl::Span<const Command> local) {
  if (args.empty()) {
    context.err << Help(local);
    return kExitUsage;
  }
  if (args[0] == "help" || args[0] == "--help" || args[0] == "-h") {
    return RunHelp(context, args.subspan(1), local);
  }
  const Command* command = FindCommand(args[0], local);
  if (command == nullptr) return UnknownCommand(context, args[0], local);
  return command->run(context, args.subspan(1));
}

}  // namespace parley::client
