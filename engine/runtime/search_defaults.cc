#include "engine/runtime/search_defaults.h"

#include <algorithm>
#include <cmath>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "engine/runtime/range_check.h"

namespace parley {
namespace {

absl::StatusOr<EarlyStopping> ParseEarlyStopping(absl::string_view text) {
  if (text == "false") return EarlyStopping::kHeuristic;
  if (text == "true") return EarlyStopping::kFirst;
  if (text == "never") return EarlyStopping::kNever;
  return absl::InvalidArgumentError(
      absl::StrCat("the model's default early_stopping is \"", text,
                   "\", expected false, true or \"never\""));
}

}  // namespace

absl::StatusOr<SearchOptions> ResolveSearchDefaults(
    const GenerationConfig& generation, const ParleyJson& parley_json,
    int max_target_tokens) {
  SearchOptions search;
  search.num_beams = parley_json.num_beams.value_or(generation.num_beams);
  search.num_hypotheses =
      parley_json.num_hypotheses.value_or(generation.num_return_sequences);
  search.length_penalty = static_cast<float>(
      parley_json.length_penalty.value_or(generation.length_penalty));
  PARLEY_ASSIGN_OR_RETURN(
      search.early_stopping,
      ParseEarlyStopping(
          parley_json.early_stopping.value_or(generation.early_stopping)));
  search.max_new_tokens =
      parley_json.max_new_tokens.value_or(generation.max_new_tokens);
  if (search.max_new_tokens == 0) search.max_new_tokens = max_target_tokens;
  // Some checkpoints name a max_length beyond their own positions.
  search.max_new_tokens = std::min(search.max_new_tokens, max_target_tokens);
  search.min_new_tokens =
      parley_json.min_new_tokens.value_or(generation.min_new_tokens);

  PARLEY_RETURN_IF_ERROR(CheckRange("the model's default num_beams",
                                    search.num_beams, 1, kMaxBeams));
  PARLEY_RETURN_IF_ERROR(CheckRange("the model's default num_hypotheses",
                                    search.num_hypotheses, 1,
                                    search.num_beams));
  PARLEY_RETURN_IF_ERROR(CheckRange("the model's default min_new_tokens",
                                    search.min_new_tokens, 0,
                                    search.max_new_tokens));
  if (!std::isfinite(search.length_penalty)) {
    return absl::InvalidArgumentError(
        "the model's default length_penalty is not finite");
  }
  return search;
}

}  // namespace parley
