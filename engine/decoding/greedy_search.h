// Search that takes the best token at each step.
#ifndef PARLEY_ENGINE_DECODING_GREEDY_SEARCH_H_
#define PARLEY_ENGINE_DECODING_GREEDY_SEARCH_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/api/task.h"
#include "engine/decoding/candidates.h"
#include "engine/decoding/history.h"
#include "engine/decoding/search.h"
#include "engine/decoding/search_terms.h"

namespace parley {

// One row, one candidate, one hypothesis. Its log-probabilities and score are
// defined as those of a beam search. Contract: Search.
class GreedySearch : public Search {
 public:
  // `rules` must outlive it. REQUIRES: as SearchTerms; num_hypotheses is 1.
  GreedySearch(const SearchOptions& options, const SearchRules& rules);

  int num_rows() const override { return finished_ ? 0 : 1; }
  TokenId input_token(int row) const override;
  int num_candidates() const override { return 1; }
  void Constrain(int row, RowConstraints* constraints) const override;
  absl::Status Advance(
      absl::Span<const absl::Span<const Candidate>> candidates) override;
  int parent(int row) const override { return 0; }
  int num_steps() const override { return history_.length(node_); }
  bool finished() const override { return finished_; }
  // Every token that it has taken.
  void AppendCertain(int first, std::vector<TokenId>* tokens) const override;
  std::vector<Hypothesis> TakeHypotheses() override;

 private:
  const SearchTerms terms_;
  History history_;
  History::Node node_ = History::kRoot;
  float log_prob_ = 0;  // Of node_.
  bool finished_ = false;
  bool failed_ = false;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_DECODING_GREEDY_SEARCH_H_
