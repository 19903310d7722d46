#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/tokenizer/step_readers.h"

namespace parley {

absl::StatusOr<std::unique_ptr<const Pattern>> ReadPattern(
    const JsonNode& node) {
  const JsonNode literal = node.Get("String");
  const JsonNode regex = node.Get("Regex");
  if (literal.is_missing() == regex.is_missing()) {
    return node.Expected("an object with \"String\" or \"Regex\"");
  }
  const bool is_regex = literal.is_missing();
  PARLEY_ASSIGN_OR_RETURN(std::string text,
                          (is_regex ? regex : literal).AsString());
  auto pattern = is_regex ? CreateRegexPattern(text)
                          : CreateLiteralPattern(std::move(text));
  if (!pattern.ok()) {
    return node.Wrong(absl::StrCat("is no pattern to look for: ",
                                   pattern.status().message()));
  }
  return pattern;
}

absl::Status UnknownType(const JsonNode& node, absl::string_view type) {
  constexpr size_t kMaxBytes = 60;
  return absl::UnimplementedError(absl::StrCat(
      node.place(), ": the type \"",
      absl::Utf8SafeCEscape(type.substr(0, kMaxBytes)), "\" is not supported"));
}

}  // namespace parley
