#include "engine/decoding/candidates.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>

#include "base/log.h"
#include "engine/kernels/vector_ops.h"

namespace parley {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

bool InVocabulary(absl::Span<const float> logits, TokenId token) {
  return token >= 0 && static_cast<size_t>(token) < logits.size();
}

// Whether all that it overwrote were numbers below +infinity.
bool Forbid(absl::Span<const TokenId> tokens, absl::Span<float> logits) {
  bool sound = true;
  for (TokenId token : tokens) {
    if (!InVocabulary(logits, token)) continue;
    sound = sound && logits[token] < kInfinity;
    logits[token] = -kInfinity;
  }
  return sound;
}

int PickForced(absl::Span<const float> logits, TokenId token,
               absl::Span<Candidate> candidates) {
  // Its own logit does not matter, but a broken row must not pass for sound.
  if (!InVocabulary(logits, token) || candidates.empty() ||
      !std::isfinite(kernels::LogSumExp(logits))) {
    return 0;
  }
  candidates[0] = {.token = token, .log_prob = 0.0f};
  return 1;
}

}  // namespace

int ScanLogits(absl::Span<float> logits, const RowConstraints& constraints,
               absl::Span<Candidate> candidates) {
  PARLEY_CHECK(candidates.size() <= kMaxCandidates) << candidates.size();
  if (constraints.forced >= 0) {
    return PickForced(logits, constraints.forced, candidates);
  }
  // Renormalising twice is normalising once over what is left in the end.
  bool sound = true;
  float log_sum = 0;
  if (constraints.renormalize) {
    sound = Forbid(constraints.forbidden, logits);
    log_sum = kernels::LogSumExp(logits);
  } else {
    log_sum = kernels::LogSumExp(logits);
    Forbid(constraints.forbidden, logits);
  }
  if (!sound || !std::isfinite(log_sum)) return 0;

  std::array<kernels::IndexedValue, kMaxCandidates> top;
  const int num_top =
      kernels::TopK(logits, absl::MakeSpan(top.data(), candidates.size()));
  for (int i = 0; i < num_top; ++i) {
    // Rounding may leave a little more than certainty.
    const float log_prob = std::min(top[i].value - log_sum, 0.0f);
    // Beyond the range of floats; so is all that follows.
    if (!std::isfinite(log_prob)) return i;
    candidates[i] = {.token = top[i].index, .log_prob = log_prob};
  }
  return num_top;
}

}  // namespace parley
