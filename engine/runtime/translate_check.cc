#include "engine/runtime/translate_check.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/status_macros.h"
#include "engine/runtime/range_check.h"

namespace parley {
namespace {

absl::Status CheckSampling(const SearchOptions& search) {
  if (!search.sampling.has_value()) return absl::OkStatus();
  const Sampling& sampling = *search.sampling;
  if (search.num_beams != 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "num_beams is ", search.num_beams, ", expected 1 with sampling"));
  }
  if (!std::isfinite(sampling.temperature) || sampling.temperature <= 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("temperature is ", sampling.temperature,
                     ", expected a finite number above 0"));
  }
  PARLEY_RETURN_IF_ERROR(
      CheckRange("top_k", sampling.top_k, 1, kMaxSampledTokens));
  if (!(sampling.top_p > 0 && sampling.top_p <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "top_p is ", sampling.top_p, ", expected a number above 0, to 1"));
  }
  return absl::OkStatus();
}

absl::Status CheckSearch(const SearchOptions& search, int max_target_tokens) {
  PARLEY_RETURN_IF_ERROR(
      CheckRange("num_beams", search.num_beams, 1, kMaxBeams));
  PARLEY_RETURN_IF_ERROR(
      CheckRange("num_hypotheses", search.num_hypotheses, 1, search.num_beams));
  PARLEY_RETURN_IF_ERROR(CheckRange("max_new_tokens", search.max_new_tokens, 1,
                                    max_target_tokens));
  PARLEY_RETURN_IF_ERROR(CheckRange("min_new_tokens", search.min_new_tokens, 0,
                                    search.max_new_tokens));
  if (!std::isfinite(search.length_penalty)) {
    return absl::InvalidArgumentError("length_penalty is not finite");
  }
  return CheckSampling(search);
}

absl::Status CheckSource(absl::Span<const TokenId> ids,
                         const MarianConfig& config) {
  if (ids.empty()) return absl::InvalidArgumentError("the source is empty");
  PARLEY_RETURN_IF_ERROR(CheckRange("source tokens",
                                    static_cast<int64_t>(ids.size()), 1,
                                    config.max_positions));
  for (const TokenId id : ids) {
    PARLEY_RETURN_IF_ERROR(
        CheckRange("source token", id, 0, config.encoder.vocab_size - 1));
  }
  return absl::OkStatus();
}

absl::Status CheckTargetTokens(absl::Span<const TokenId> tokens,
                               const MarianConfig& config) {
  if (tokens.empty()) return absl::OkStatus();
  const int vocab_size = config.decoder.vocab_size;
  for (size_t i = 0; i < tokens.size(); ++i) {
    PARLEY_RETURN_IF_ERROR(
        CheckRange("target token", tokens[i], 0, vocab_size - 1));
    if (i > 0 && tokens[i] <= tokens[i - 1]) {
      return absl::InvalidArgumentError(
          absl::StrCat("target tokens must rise, but ", tokens[i], " follows ",
                       tokens[i - 1]));
    }
  }
  const TokenId end_token = config.generation.eos_token_id;
  if (!std::binary_search(tokens.begin(), tokens.end(), end_token)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the target tokens lack the end token, ", end_token));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTranslateTask(const Task& task, const MarianConfig& config) {
  PARLEY_RETURN_IF_ERROR(CheckSource(task.source_ids, config));
  PARLEY_RETURN_IF_ERROR(CheckSearch(task.search, config.max_positions));
  return CheckTargetTokens(task.target_tokens, config);
}

}  // namespace parley
