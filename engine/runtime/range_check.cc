#include "engine/runtime/range_check.h"

#include "absl/strings/str_cat.h"

namespace parley {

absl::Status CheckRange(absl::string_view what, int64_t value, int64_t low,
                        int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(what, " is ", value, ", expected ", low, " to ", high));
}

}  // namespace parley
