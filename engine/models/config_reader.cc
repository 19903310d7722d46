#include "engine/models/config_reader.h"

#include <cstdint>

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

}  // namespace parley
