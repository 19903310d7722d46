// Search that draws each token by its probability.
#ifndef PARLEY_ENGINE_DECODING_SAMPLING_SEARCH_H_
#define PARLEY_ENGINE_DECODING_SAMPLING_SEARCH_H_

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/api/task.h"
#include "engine/decoding/candidates.h"
#include "engine/decoding/greedy_search.h"
#include "engine/decoding/search.h"

namespace parley {

// A greedy search that has no choice but the token that was drawn. As in
// transformers 5.23, constraints come first, then temperature, top_k and top_p
// in this order; what they leave is drawn from by its probability. Of tokens
// as likely as the last of top_k it takes those of lower ids, where
// transformers takes all.
//
// Log-probabilities and scores are the model's own, as those of a greedy
// search: what temperature, top_k and top_p make of them decides the draw only.
//
// What is drawn depends on the candidates, the seed and the number of the
// token, and on nothing else: a task that is evicted and computed anew draws
// the same. Contract: Search.
class SamplingSearch final : public GreedySearch {
 public:
  // `rules` must outlive it. REQUIRES: as GreedySearch; options.sampling is
  // set, in its ranges.
  SamplingSearch(const SearchOptions& options, const SearchRules& rules);

  int num_candidates() const override { return num_candidates_; }
  absl::Status Advance(
      absl::Span<const absl::Span<const Candidate>> candidates) override;

 private:
  // The candidate that is drawn. REQUIRES: there is one
  int Draw(absl::Span<const Candidate> candidates) const;

  const Sampling sampling_;
  const int num_candidates_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_DECODING_SAMPLING_SEARCH_H_
