// From one row of logits to the few tokens a search chooses among.
#ifndef PARLEY_ENGINE_DECODING_CANDIDATES_H_
#define PARLEY_ENGINE_DECODING_CANDIDATES_H_

#include <vector>

#include "absl/types/span.h"
#include "engine/api/task.h"

namespace parley {

struct Candidate {
  TokenId token = 0;
  float log_prob = 0;  // After constraints; renormalised where they say so.
};

// What one row may choose from. Plain data that is filled anew for each step;
// keeps its memory.
struct RowConstraints {
  std::vector<TokenId> forbidden;  // May repeat a token.
  TokenId forced = -1;             // The only token allowed; -1: any.
  bool renormalize = false;
};

// The most candidates that any search asks of one row.
inline constexpr int kMaxCandidates = 2 * kMaxBeams;

// Writes the best candidates of one row, best first by logit, equal logits by
// rising token, to `candidates` (whose size is how many are wanted), and
// returns how many there are: fewer only where constraints leave fewer tokens.
// Tokens outside the vocabulary are neither forbidden nor forced. Changes
// `logits` [vocab_size]. A row whose logits hold a NaN or +infinity, or no
// finite number, has no candidates. Any thread.
//
// As transformers' beam search: log-softmax over the whole vocabulary, then
// constraints (the forced token has log-probability 0), then, where they say
// so, log-softmax again over what they leave.
//
// REQUIRES: candidates.size() <= kMaxCandidates
int ScanLogits(absl::Span<float> logits, const RowConstraints& constraints,
               absl::Span<Candidate> candidates);

}  // namespace parley

#endif  // PARLEY_ENGINE_DECODING_CANDIDATES_H_
