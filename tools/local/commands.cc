#include "tools/local/commands.h"

#include <array>

namespace parley::tools {
namespace {

// {"name", "What it does in one line", &RunName},
constexpr std::array<client::Command, 0> kCommands = {};

}  // namespace

absl::Span<const client::Command> LocalCommands() { return kCommands; }

}  // namespace parley::tools
