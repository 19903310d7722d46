#include "engine/decoding/greedy_search.h"

#include <cmath>

#include "base/log.h"

namespace parley {

GreedySearch::GreedySearch(const SearchOptions& options,
                           const SearchRules& rules)
    : terms_(options, rules), history_(rules.start_token) {
  PARLEY_CHECK(options.num_hypotheses == 1) << options.num_hypotheses;
  history_.Reserve(options.max_new_tokens);
}

TokenId GreedySearch::input_token(int row) const {
  return history_.token(node_);
}

void GreedySearch::Constrain(int row, RowConstraints* constraints) const {
  terms_.Constrain(history_, node_, constraints);
}

absl::Status GreedySearch::Advance(
    absl::Span<const absl::Span<const Candidate>> candidates) {
  PARLEY_CHECK(!finished_ && candidates.size() == 1) << candidates.size();
  if (candidates[0].empty() ||
      !std::isfinite(log_prob_ + candidates[0][0].log_prob)) {
    finished_ = true;
    failed_ = true;
    return terms_.NothingFound(history_, node_);
  }
  const Candidate& best = candidates[0][0];
  node_ = history_.Append(node_, best.token, best.log_prob);
  log_prob_ += best.log_prob;
  finished_ = terms_.Completes(best.token, num_steps());
  return absl::OkStatus();
}

void GreedySearch::AppendCertain(int first,
                                 std::vector<TokenId>* tokens) const {
  if (!failed_) history_.AppendTokens(node_, first, tokens);
}

std::vector<Hypothesis> GreedySearch::TakeHypotheses() {
  PARLEY_CHECK(finished_);
  if (failed_) return {};
  return {terms_.Describe(history_, node_, log_prob_)};
}

}  // namespace parley
