// Flags of a program: declared once, read from the environment and the command
// line, explained by --help.
#ifndef PARLEY_SERVER_FLAGS_H_
#define PARLEY_SERVER_FLAGS_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace parley {

// How --help shows a flag.
struct FlagText {
  std::string name;        // "grpc_port"
  std::string value_name;  // "PORT"
  std::string help;        // One paragraph; wrapped when shown.
};

// The smallest and the greatest value that is taken.
struct IntRange {
  int min = 0;
  int max = 0;
};

struct DurationRange {
  absl::Duration min;
  absl::Duration max;
};

// Each flag is bound to a variable, whose value at that time is its default,
// and which must outlive the set. Flags appear in --help as they were added.
//
// Not thread-safe. Errors are INVALID_ARGUMENT, name the flag or variable as
// the user wrote it, and say what would do.
class FlagSet {
 public:
  // Sets a value from its text; an error says only what is wrong with it.
  using Setter = std::function<absl::Status(absl::string_view text)>;
  using Environment =
      std::function<std::optional<std::string>(const std::string& variable)>;

  // Starts a group of flags, with a heading.
  void AddGroup(std::string title);

  void AddString(FlagText text, std::string* value);
  void AddInt(FlagText text, IntRange range, int* value);
  // As absl::ParseDuration takes it: "5s", "1m30s", "500ms", "0".
  void AddDuration(FlagText text, DurationRange range, absl::Duration* value);
  // Also without a value (true), and as --no<name> (false).
  void AddBool(FlagText text, bool* value);
  void AddCustom(FlagText text, std::string default_text, Setter setter);

  // Takes `prefix` + name in capitals ("PARLEY_GRPC_PORT") for each flag.
  // Unset and empty variables change nothing.
  absl::Status ParseEnvironment(absl::string_view prefix,
                                const Environment& environment);

  // Takes "--name=value" or "--name value", also with one dash. The last of
  // several wins. Anything else is an error.
  absl::Status ParseArguments(absl::Span<const char* const> arguments);

  // All flags, grouped, in lines of 80 columns.
  std::string Help() const;

 private:
  struct Flag {
    FlagText text;
    std::string default_text;
    Setter setter;
    bool is_bool = false;
    std::string group;  // Heading above this flag; mostly empty.
  };

  void Add(Flag flag);
  const Flag* FindFlag(absl::string_view name) const;

  std::vector<Flag> flags_;
  std::string next_group_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_FLAGS_H_
