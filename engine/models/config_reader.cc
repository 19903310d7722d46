#include "engine/models/config_reader.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parley {

absl::StatusOr<int> ReadInt(const JsonFile& file, absl::string_view key,
                            const IntRange& range) {
  PARLEY_ASSIGN_OR_RETURN(const std::optional<int64_t> value, file.GetInt(key));
  if (!value.has_value()) {
    if (range.unset.has_value()) return *range.unset;
    return absl::InvalidArgumentError(
        absl::StrCat(file.path(), ": \"", key, "\" is missing"));
  }
  if (*value < range.low || *value > range.high) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.path(), ": \"", key, "\" is ", *value, ", expected ",
                     range.low, " to ", range.high));
  }
  return static_cast<int>(*value);
}

absl::StatusOr<std::string> ReadString(const JsonFile& file,
                                       absl::string_view key,
                                       absl::string_view unset) {
  PARLEY_ASSIGN_OR_RETURN(std::optional<std::string> value,
                          file.GetString(key));
  return std::move(value).value_or(std::string(unset));
}

absl::StatusOr<bool> ReadBool(const JsonFile& file, absl::string_view key,
                              bool unset) {
  PARLEY_ASSIGN_OR_RETURN(const std::optional<bool> value, file.GetBool(key));
  return value.value_or(unset);
}

}  // namespace parley
