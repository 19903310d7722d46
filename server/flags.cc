#include "server/flags.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace parley {
namespace {

absl::Status SetInt(absl::string_view text, IntRange range, int* value) {
  int number = 0;
  // SimpleAtoi saturates nothing: it refuses what an int cannot hold.
  if (!absl::SimpleAtoi(text, &number) || number < range.min ||
      number > range.max) {
    return absl::InvalidArgumentError(absl::StrCat(
        "expected a whole number from ", range.min, " to ", range.max));
  }
  *value = number;
  return absl::OkStatus();
}

absl::Status SetDuration(absl::string_view text, DurationRange range,
                         absl::Duration* value) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration < range.min ||
      duration > range.max) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a duration such as 30s, 1m30s or 500ms, from ",
                     absl::FormatDuration(range.min), " to ",
                     absl::FormatDuration(range.max)));
  }
  *value = duration;
  return absl::OkStatus();
}

absl::Status SetBool(absl::string_view text, bool* value) {
  if (!absl::SimpleAtob(text, value)) {
    return absl::InvalidArgumentError("expected true or false");
  }
  return absl::OkStatus();
}

// Appends `text` in lines of at most 80 columns, each indented.
void AppendWrapped(absl::string_view text, std::string* out) {
  constexpr absl::string_view kIndent = "      ";
  constexpr size_t kColumns = 80;
  size_t column = 0;
  for (absl::string_view word : absl::StrSplit(text, ' ')) {
    if (column > 0 && column + 1 + word.size() > kColumns) {
      out->append("\n");
      column = 0;
    }
    absl::StrAppend(out, column == 0 ? kIndent : " ", word);
    column += (column == 0 ? kIndent.size() : 1) + word.size();
  }
  out->append("\n");
}

}  // namespace

void FlagSet::AddGroup(std::string title) { next_group_ = std::move(title); }

void FlagSet::AddString(FlagText text, std::string* value) {
  Add({.text = std::move(text),
       .default_text = *value,
       .setter = [value](absl::string_view new_value) {
         *value = std::string(new_value);
         return absl::OkStatus();
       }});
}

void FlagSet::AddInt(FlagText text, IntRange range, int* value) {
  Add({.text = std::move(text),
       .default_text = absl::StrCat(*value),
       .setter = [range, value](absl::string_view new_value) {
         return SetInt(new_value, range, value);
       }});
}

void FlagSet::AddDuration(FlagText text, DurationRange range,
                          absl::Duration* value) {
  Add({.text = std::move(text),
       .default_text = absl::FormatDuration(*value),
       .setter = [range, value](absl::string_view new_value) {
         return SetDuration(new_value, range, value);
       }});
}

void FlagSet::AddBool(FlagText text, bool* value) {
  Add({.text = std::move(text),
       .default_text = *value ? "true" : "false",
       .setter =
           [value](absl::string_view new_value) {
             return SetBool(new_value, value);
           },
       .is_bool = true});
}

void FlagSet::AddCustom(FlagText text, std::string default_text,
                        Setter setter) {
  Add({.text = std::move(text),
       .default_text = std::move(default_text),
       .setter = std::move(setter)});
}

absl::Status FlagSet::ParseEnvironment(absl::string_view prefix,
                                       const Environment& environment) {
  for (const Flag& flag : flags_) {
    const std::string variable =
        absl::StrCat(prefix, absl::AsciiStrToUpper(flag.text.name));
    const std::optional<std::string> value = environment(variable);
    if (!value.has_value() || value->empty()) continue;
    const absl::Status set = flag.setter(*value);
    if (!set.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "environment variable ", variable, "=", *value, ": ", set.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status FlagSet::ParseArguments(absl::Span<const char* const> arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const absl::string_view argument = arguments[i];
    absl::string_view name = argument;
    if (!absl::ConsumePrefix(&name, "--") && !absl::ConsumePrefix(&name, "-")) {
      return absl::InvalidArgumentError(absl::StrCat(
          "unexpected argument \"", argument, "\"; flags are --name=value"));
    }
    std::optional<absl::string_view> value;
    if (const size_t equals = name.find('='); equals != name.npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    }
    const Flag* flag = FindFlag(name);
    if (flag == nullptr && !value.has_value() &&
        absl::ConsumePrefix(&name, "no")) {
      flag = FindFlag(name);
      if (flag != nullptr && !flag->is_bool) flag = nullptr;
      value = "false";
    }
    if (flag == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("unknown flag ", argument.substr(0, argument.find('=')),
                       "; --help lists them all"));
    }
    if (!value.has_value()) {
      if (flag->is_bool) {
        value = "true";
      } else if (i + 1 < arguments.size()) {
        value = arguments[++i];
      } else {
        return absl::InvalidArgumentError(
            absl::StrCat("--", name, " needs a value: --", name, "=",
                         flag->text.value_name));
      }
    }
    const absl::Status set = flag->setter(*value);
    if (!set.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat("--", name, "=", *value, ": ", set.message()));
    }
  }
  return absl::OkStatus();
}

std::string FlagSet::Help() const {
  std::string help;
  for (const Flag& flag : flags_) {
    if (!flag.group.empty()) absl::StrAppend(&help, "\n", flag.group, ":\n");
    absl::StrAppend(&help, "  --", flag.text.name, "=", flag.text.value_name);
    if (!flag.default_text.empty()) {
      absl::StrAppend(&help, "  (default: ", flag.default_text, ")");
    }
    help.append("\n");
    AppendWrapped(flag.text.help, &help);
  }
  return help;
}

void FlagSet::Add(Flag flag) {
  flag.group = std::exchange(next_group_, "");
  flags_.push_back(std::move(flag));
}

const FlagSet::Flag* FlagSet::FindFlag(absl::string_view name) const {
  for (const Flag& flag : flags_) {
    if (flag.text.name == name) return &flag;
  }
  return nullptr;
}

}  // namespace parley
