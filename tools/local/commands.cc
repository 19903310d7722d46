#include "tools/local/commands.h"

#include "tools/local/build_shortlist_command.h"
#include "tools/local/convert_command.h"
#include "tools/local/inspect_command.h"

namespace parley::tools {
namespace {

constexpr client::Command kCommands[] = {
    {"build-shortlist", "Learns a vocabulary shortlist from translated texts",
     &RunBuildShortlist},
    {"convert", "Stores a model's weights as int8 or bf16", &RunConvert},
    {"inspect", "Tells what a model directory holds", &RunInspect},
};

}  // namespace

absl::Span<const client::Command> LocalCommands() { return kCommands; }

}  // namespace parley::tools
