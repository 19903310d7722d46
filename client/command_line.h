// Flags of a subcommand: a table that parses them and prints their help.
#ifndef PARLEY_CLIENT_COMMAND_LINE_H_
#define PARLEY_CLIENT_COMMAND_LINE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace parley::client {

// One row of the table. Made by the functions below, whose `target` receives
// the value, is not owned, and keeps what it holds where the flag is not given.
struct Flag {
  std::string name;         // Without the dashes.
  std::string placeholder;  // What the help shows for the value; a flag without
                            // one is a switch.
  std::string help;
  // INVALID_ARGUMENT that says what is wanted.
  std::function<absl::Status(absl::string_view value)> set;
};

struct FlagText {
  std::string name;
  std::string placeholder;
  std::string help;
};

// Any bytes, as paths are.
Flag StringFlag(FlagText text, std::string* target);
// UTF-8, as messages want it.
Flag TextFlag(FlagText text, std::string* target);
Flag OptionalTextFlag(FlagText text, std::optional<std::string>* target);
// --name or --name=true; --noname or --name=false.
Flag SwitchFlag(FlagText text, bool* target);
Flag OptionalSwitchFlag(FlagText text, std::optional<bool>* target);
// "90s", "1m30s", "500ms", or a plain number of seconds; more than zero.
Flag DurationFlag(FlagText text, absl::Duration* target);
// Within [min, max].
Flag IntFlag(FlagText text, std::pair<int, int> min_max, int* target);
// Where the server judges the value, which may be any that fits.
Flag OptionalIntFlag(FlagText text, std::optional<int32_t>* target);
Flag OptionalUnsignedFlag(FlagText text, std::optional<uint64_t>* target);
Flag OptionalFloatFlag(FlagText text, std::optional<float>* target);
// One of a few words; `target` receives the number beside it.
Flag ChoiceFlag(FlagText text, std::vector<std::pair<std::string, int>> choices,
                int* target);

// Sets what `args` (after the subcommand) gives as --name=value or
// --name value, and returns the rest in order. "--" ends the flags; "-" alone
// is not one. A flag given twice takes the last value. INVALID_ARGUMENT names
// the flag that is unknown or whose value is not right.
absl::StatusOr<std::vector<std::string>> ParseFlags(
    absl::Span<const Flag> flags, absl::Span<const std::string> args);

// True where --help or -h stands among the flags.
bool AsksForHelp(absl::Span<const std::string> args);

// One flag a paragraph, as wide as a terminal of 80 columns.
std::string DescribeFlags(absl::Span<const Flag> flags);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_COMMAND_LINE_H_
