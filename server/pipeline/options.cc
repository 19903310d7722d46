#include "server/pipeline/options.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"

namespace parley {
namespace {

struct Range {
  int min;
  int max;
};

// The value that is set, if it is in range; else the default, brought into it.
absl::StatusOr<int> Pick(absl::string_view field, std::optional<int> set,
                         int by_default, Range range) {
  if (!set) return std::clamp(by_default, range.min, range.max);
  if (*set < range.min || *set > range.max) {
    return absl::InvalidArgumentError(
        absl::StrCat("options.", field, " is ", *set, ", but must be from ",
                     range.min, " to ", range.max));
  }
  return *set;
}

}  // namespace

absl::StatusOr<SearchOptions> ResolveSearchOptions(
    const TranslateOptions& options, const ModelInfo& info) {
  const SearchOptions& defaults = info.default_search;
  SearchOptions search;
  PARLEY_ASSIGN_OR_RETURN(
      search.num_beams,
      Pick("num_beams", options.num_beams, defaults.num_beams, {1, kMaxBeams}));
  PARLEY_ASSIGN_OR_RETURN(search.num_hypotheses,
                          Pick("num_hypotheses", options.num_hypotheses,
                               defaults.num_hypotheses, {1, search.num_beams}));
  const int max_target_tokens = std::max(1, info.max_target_tokens);
  PARLEY_ASSIGN_OR_RETURN(
      search.max_new_tokens,
      Pick("max_new_tokens", options.max_new_tokens, defaults.max_new_tokens,
           {1, max_target_tokens}));
  PARLEY_ASSIGN_OR_RETURN(
      search.min_new_tokens,
      Pick("min_new_tokens", options.min_new_tokens, defaults.min_new_tokens,
           {0, search.max_new_tokens}));
  search.length_penalty =
      options.length_penalty.value_or(defaults.length_penalty);
  if (!std::isfinite(search.length_penalty)) {
    return absl::InvalidArgumentError(
        absl::StrCat("options.length_penalty is ", search.length_penalty,
                     ", but must be a finite number"));
  }
  search.early_stopping =
      options.early_stopping.value_or(defaults.early_stopping);
  return search;
}

absl::StatusOr<bool> ResolveShortlist(const TranslateOptions& options,
                                      const ModelInfo& info) {
  const bool use = options.shortlist.value_or(info.uses_shortlist);
  if (use && !info.has_shortlist) {
    return absl::InvalidArgumentError(
        "options.shortlist is true, but the model has no shortlist");
  }
  return use;
}

}  // namespace parley
