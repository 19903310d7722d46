// The few tokens that a search chooses among.
#ifndef PARLEY_ENGINE_DECODING_CANDIDATES_H_
#define PARLEY_ENGINE_DECODING_CANDIDATES_H_

#include <vector>

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

}  // namespace parley

#endif  // PARLEY_ENGINE_DECODING_CANDIDATES_H_
