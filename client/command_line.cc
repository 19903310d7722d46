#include "client/command_line.h"

#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"

namespace parley::client {
namespace {

constexpr size_t kHelpWidth = 80;
constexpr size_t kHelpIndent = 6;

using SetFlag = std::function<absl::Status(absl::string_view)>;

Flag MakeFlag(FlagText text, SetFlag set) {
  return {.name = std::move(text.name),
          .placeholder = std::move(text.placeholder),
          .help = std::move(text.help),
          .set = std::move(set)};
}

absl::Status Wants(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("wants ", what));
}

const Flag* FindFlag(absl::Span<const Flag> flags, absl::string_view name) {
  for (const Flag& flag : flags) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

bool IsFlag(absl::string_view arg) {
  return absl::StartsWith(arg, "-") && arg != "-" && arg != "--";
}

std::string Wrap(absl::string_view text) {
  std::string out;
  size_t column = 0;
  for (absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    if (column != 0 && column + 1 + word.size() > kHelpWidth) {
      absl::StrAppend(&out, "\n");
      column = 0;
    }
    if (column == 0) {
      absl::StrAppend(&out, std::string(kHelpIndent, ' '), word);
      column = kHelpIndent + word.size();
    } else {
      absl::StrAppend(&out, " ", word);
      column += 1 + word.size();
    }
  }
  return out;
}

}  // namespace

Flag StringFlag(FlagText text, std::string* target) {
  return MakeFlag(std::move(text), [target](absl::string_view value) {
    *target = std::string(value);
    return absl::OkStatus();
  });
}

Flag SwitchFlag(FlagText text, bool* target) {
  text.placeholder.clear();
  return MakeFlag(std::move(text), [target](absl::string_view value) {
    return absl::SimpleAtob(value, target) ? absl::OkStatus()
                                           : Wants("true or false");
  });
}

Flag DurationFlag(FlagText text, absl::Duration* target) {
  return MakeFlag(std::move(text), [target](absl::string_view value) {
    absl::Duration duration;
    double seconds = 0;
    if (absl::SimpleAtod(value, &seconds)) {
      duration = absl::Seconds(seconds);
    } else if (!absl::ParseDuration(value, &duration)) {
      duration = absl::ZeroDuration();
    }
    // A year stands in for "for ever", which gRPC's clocks cannot add up.
    if (duration <= absl::ZeroDuration() || duration > absl::Hours(24 * 365)) {
      return Wants("a time like 90s, 1m30s or 500ms");
    }
    *target = duration;
    return absl::OkStatus();
  });
}

Flag IntFlag(FlagText text, std::pair<int, int> min_max, int* target) {
  return MakeFlag(std::move(text), [target, min_max](absl::string_view value) {
    int number = 0;
    if (!absl::SimpleAtoi(value, &number) || number < min_max.first ||
        number > min_max.second) {
      return Wants(absl::StrCat("a whole number from ", min_max.first, " to ",
                                min_max.second));
    }
    *target = number;
    return absl::OkStatus();
  });
}

Flag OptionalIntFlag(FlagText text, std::optional<int32_t>* target) {
  return MakeFlag(std::move(text), [target](absl::string_view value) {
    int32_t number = 0;
    if (!absl::SimpleAtoi(value, &number)) return Wants("a whole number");
    *target = number;
    return absl::OkStatus();
  });
}

Flag OptionalFloatFlag(FlagText text, std::optional<float>* target) {
  return MakeFlag(std::move(text), [target](absl::string_view value) {
    float number = 0;
    if (!absl::SimpleAtof(value, &number) || !std::isfinite(number)) {
      return Wants("a number");
    }
    *target = number;
    return absl::OkStatus();
  });
}

Flag ChoiceFlag(FlagText text, std::vector<std::pair<std::string, int>> choices,
                int* target) {
  return MakeFlag(std::move(text), [target, choices = std::move(choices)](
                                       absl::string_view value) {
    std::vector<std::string> words;
    for (const auto& [word, number] : choices) {
      words.push_back(word);
      if (word != value) continue;
      *target = number;
      return absl::OkStatus();
    }
    return Wants(absl::StrCat("one of: ", absl::StrJoin(words, ", ")));
  });
}

absl::StatusOr<std::vector<std::string>> ParseFlags(
    absl::Span<const Flag> flags, absl::Span<const std::string> args) {
  std::vector<std::string> rest;
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i] == "--") {
      rest.insert(rest.end(), args.begin() + i + 1, args.end());
      break;
    }
    if (!IsFlag(args[i])) {
      rest.push_back(args[i]);
      continue;
    }
    const std::pair<absl::string_view, absl::string_view> parts =
        absl::StrSplit(args[i], absl::MaxSplits('=', 1));
    const Flag* flag = absl::StartsWith(parts.first, "--")
                           ? FindFlag(flags, parts.first.substr(2))
                           : nullptr;
    if (flag == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown flag ", parts.first,
                       " (a text that starts with a dash comes after \"--\")"));
    }
    absl::string_view value = parts.second;
    if (!absl::StrContains(args[i], '=')) {
      if (flag->placeholder.empty()) {
        value = "true";
      } else if (i + 1 < args.size()) {
        value = args[++i];
      } else {
        return absl::InvalidArgumentError(
            absl::StrCat(parts.first, " wants a value"));
      }
    }
    if (const absl::Status status = flag->set(value); !status.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          parts.first, " ", status.message(), ", not \"", value, "\""));
    }
  }
  return rest;
}

bool AsksForHelp(absl::Span<const std::string> args) {
  for (const std::string& arg : args) {
    if (arg == "--") return false;
    if (arg == "--help" || arg == "-h") return true;
  }
  return false;
}

std::string DescribeFlags(absl::Span<const Flag> flags) {
  std::string out;
  for (const Flag& flag : flags) {
    absl::StrAppend(&out, "  --", flag.name,
                    flag.placeholder.empty() ? "" : "=", flag.placeholder, "\n",
                    Wrap(flag.help), "\n");
  }
  return out;
}

}  // namespace parley::client
