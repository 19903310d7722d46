#include "client/command_line.h"

#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"
#include "base/utf8.h"

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

// `Target` is the type itself or an optional of it.
template <typename Target>
Flag Utf8Flag(FlagText text, Target* target) {
  return MakeFlag(std::move(text), [target](absl::string_view value) {
    if (ValidUtf8PrefixBytes(value) != value.size()) return Wants("UTF-8");
    *target = std::string(value);
    return absl::OkStatus();
  });
}

template <typename Target>
Flag BoolFlag(FlagText text, Target* target) {
  text.placeholder.clear();
  return MakeFlag(std::move(text), [target](absl::string_view value) {
    bool on = false;
    if (!absl::SimpleAtob(value, &on)) return Wants("true or false");
    *target = on;
    return absl::OkStatus();
  });
}

// `wanted` is what Wants is told, and outlives the flag.
template <typename Number>
Flag WholeNumberFlag(FlagText text, absl::string_view wanted,
                     std::optional<Number>* target) {
  return MakeFlag(std::move(text), [target, wanted](absl::string_view value) {
    Number number = 0;
    if (!absl::SimpleAtoi(value, &number)) return Wants(wanted);
    *target = number;
    return absl::OkStatus();
  });
}

const Flag* FindFlag(absl::Span<const Flag> flags, absl::string_view name) {
  for (const Flag& flag : flags) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

// The switch that "no" and its name turn off, else null.
const Flag* FindNegatedSwitch(absl::Span<const Flag> flags,
                              absl::string_view name) {
  if (!absl::ConsumePrefix(&name, "no")) return nullptr;
  const Flag* flag = FindFlag(flags, name);
  return flag != nullptr && flag->placeholder.empty() ? flag : nullptr;
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

// Sets the flag that `arg` names, true where its value is `next` (null where
// nothing follows).
absl::StatusOr<bool> SetFlagOf(absl::Span<const Flag> flags,
                               absl::string_view arg, const std::string* next) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(arg, absl::MaxSplits('=', 1));
  absl::string_view name = parts.first;
  const bool has_value = absl::StrContains(arg, '=');
  const Flag* flag = nullptr;
  const Flag* negated = nullptr;
  if (absl::ConsumePrefix(&name, "--")) {
    flag = FindFlag(flags, name);
    if (!has_value) negated = FindNegatedSwitch(flags, name);
  }
  if (flag == nullptr && negated != nullptr) {
    PARLEY_RETURN_IF_ERROR(negated->set("false"));
    return false;
  }
  if (flag == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("unknown flag ", parts.first,
                     " (a text that starts with a dash comes after \"--\")"));
  }
  absl::string_view value = parts.second;
  const bool takes_next = !has_value && !flag->placeholder.empty();
  if (takes_next && next == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(parts.first, " wants a value"));
  }
  if (takes_next) value = *next;
  if (!has_value && !takes_next) value = "true";
  if (const absl::Status status = flag->set(value); !status.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        parts.first, " ", status.message(), ", not \"", value, "\""));
  }
  return takes_next;
}

}  // namespace

Flag StringFlag(FlagText text, std::string* target) {
  return MakeFlag(std::move(text), [target](absl::string_view value) {
    *target = std::string(value);
    return absl::OkStatus();
  });
}

Flag TextFlag(FlagText text, std::string* target) {
  return Utf8Flag(std::move(text), target);
}

Flag OptionalTextFlag(FlagText text, std::optional<std::string>* target) {
  return Utf8Flag(std::move(text), target);
}

Flag SwitchFlag(FlagText text, bool* target) {
  return BoolFlag(std::move(text), target);
}

Flag OptionalSwitchFlag(FlagText text, std::optional<bool>* target) {
  return BoolFlag(std::move(text), target);
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
  return WholeNumberFlag(std::move(text), "a whole number", target);
}

Flag OptionalUnsignedFlag(FlagText text, std::optional<uint64_t>* target) {
  return WholeNumberFlag(std::move(text), "a whole number that is not negative",
                         target);
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
    PARLEY_ASSIGN_OR_RETURN(
        const bool took_next,
        SetFlagOf(flags, args[i],
                  i + 1 < args.size() ? &args[i + 1] : nullptr));
    if (took_next) ++i;
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
