#include "engine/tokenizer/metaspace_reader.h"

#include <string>

#include "base/status_macros.h"
#include "engine/tokenizer/text/code_points.h"

namespace parley {
namespace {

absl::StatusOr<PrependScheme> ReadPrependScheme(const JsonNode& node) {
  PARLEY_ASSIGN_OR_RETURN(const std::string name, node.StringOr("always"));
  if (name == "always") return PrependScheme::kAlways;
  if (name == "first") return PrependScheme::kFirst;
  if (name == "never") return PrependScheme::kNever;
  return node.Expected("always, first or never");
}

}  // namespace

absl::StatusOr<MetaspaceOptions> ReadMetaspace(const JsonNode& node) {
  MetaspaceOptions options;
  const JsonNode replacement = node.Get("replacement");
  PARLEY_ASSIGN_OR_RETURN(options.replacement, replacement.AsString());
  if (options.replacement.empty() ||
      CodePointAt(options.replacement, 0).num_bytes !=
          options.replacement.size()) {
    return replacement.Expected("one character");
  }
  PARLEY_ASSIGN_OR_RETURN(options.prepend_scheme,
                          ReadPrependScheme(node.Get("prepend_scheme")));
  // What older files have in place of the scheme.
  const JsonNode add_prefix_space = node.Get("add_prefix_space");
  PARLEY_ASSIGN_OR_RETURN(const bool adds, add_prefix_space.BoolOr(true));
  if (!adds && options.prepend_scheme != PrependScheme::kNever) {
    return add_prefix_space.Wrong("is false, and prepend_scheme is not never");
  }
  PARLEY_ASSIGN_OR_RETURN(options.split, node.Get("split").BoolOr(true));
  return options;
}

}  // namespace parley
