#include "server/compute_types.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace parley {

absl::StatusOr<ComputeTypes> ParseComputeTypes(absl::string_view text) {
  ComputeTypes types;
  for (const absl::string_view item : absl::StrSplit(text, ',')) {
    const std::pair<absl::string_view, absl::string_view> halves =
        absl::StrSplit(item, absl::MaxSplits('=', 1));
    const bool is_named = item.find('=') != absl::string_view::npos;
    const absl::string_view name = is_named ? halves.second : halves.first;
    const std::optional<ComputeType> type = ParseComputeType(name);
    if (!type.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", name,
                       "\" is no compute type: expected auto, f32, bf16 or "
                       "int8, for all models or as name=type"));
    }
    const bool is_new = is_named
                            ? types.of_model.emplace(halves.first, *type).second
                            : !std::exchange(types.of_all, type).has_value();
    if (!is_new) {
      return absl::InvalidArgumentError(absl::StrCat(
          "two compute types for ",
          is_named ? absl::StrCat("\"", halves.first, "\"") : "all models"));
    }
  }
  return types;
}

std::optional<ComputeType> ComputeTypeOf(const ComputeTypes& types,
                                         const std::string& name) {
  const auto named = types.of_model.find(name);
  return named == types.of_model.end() ? types.of_all : named->second;
}

absl::Status SetComputeTypes(const ComputeTypes& types,
                             std::vector<ModelSource>* sources) {
  std::map<std::string, ComputeType> left = types.of_model;
  for (ModelSource& source : *sources) {
    source.compute_type = ComputeTypeOf(types, source.name);
    left.erase(source.name);
  }
  if (left.empty()) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat(
      "--compute_type names \"", left.begin()->first,
      "\", which is no model here; there are ",
      absl::StrJoin(*sources, ", ",
                    [](std::string* out, const ModelSource& source) {
                      absl::StrAppend(out, "\"", source.name, "\"");
                    })));
}

}  // namespace parley
