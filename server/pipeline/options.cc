#include "server/pipeline/options.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "absl/random/random.h"
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

absl::Status NotWithoutSampling(absl::string_view field, bool is_set) {
  if (!is_set) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("options.", field, " is set, but options.do_sample is not"));
}

// Unset where the call does not sample.
absl::StatusOr<std::optional<Sampling>> ResolveSampling(
    const TranslateOptions& options) {
  if (!options.do_sample) {
    PARLEY_RETURN_IF_ERROR(
        NotWithoutSampling("temperature", options.temperature.has_value()));
    PARLEY_RETURN_IF_ERROR(
        NotWithoutSampling("top_k", options.top_k.has_value()));
    PARLEY_RETURN_IF_ERROR(
        NotWithoutSampling("top_p", options.top_p.has_value()));
    PARLEY_RETURN_IF_ERROR(
        NotWithoutSampling("seed", options.seed.has_value()));
    return std::nullopt;
  }
  if (options.num_beams.value_or(1) != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("options.num_beams is ", *options.num_beams,
                     ", but must be 1 with options.do_sample"));
  }
  Sampling sampling;
  sampling.temperature = options.temperature.value_or(sampling.temperature);
  if (!std::isfinite(sampling.temperature) || sampling.temperature <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("options.temperature is ", sampling.temperature,
                     ", but must be a finite number above 0"));
  }
  PARLEY_ASSIGN_OR_RETURN(
      sampling.top_k,
      Pick("top_k", options.top_k, sampling.top_k, {1, kMaxSampledTokens}));
  sampling.top_p = options.top_p.value_or(sampling.top_p);
  if (!(sampling.top_p > 0 && sampling.top_p <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("options.top_p is ", sampling.top_p,
                     ", but must be above 0, and at most 1"));
  }
  return sampling;
}

}  // namespace

absl::StatusOr<SearchOptions> ResolveSearchOptions(
    const TranslateOptions& options, const ModelInfo& info) {
  const SearchOptions& defaults = info.default_search;
  SearchOptions search;
  PARLEY_ASSIGN_OR_RETURN(search.sampling, ResolveSampling(options));
  PARLEY_ASSIGN_OR_RETURN(
      search.num_beams,
      Pick("num_beams", options.num_beams,
           search.sampling.has_value() ? 1 : defaults.num_beams,
           {1, kMaxBeams}));
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

uint64_t TextSeed(const TranslateOptions& options) {
  if (options.seed.has_value()) return *options.seed;
  thread_local absl::BitGen random;
  return absl::Uniform<uint64_t>(random);
}

uint64_t PieceSeed(uint64_t text_seed, int64_t index) {
  // Odd, and far from all that people write: seeds 1 and 2 share no pieces.
  constexpr uint64_t kStride = 0x9E3779B97F4A7C15u;
  return text_seed + static_cast<uint64_t>(index) * kStride;
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
