#include "engine/decoding/beam_search.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "base/log.h"
#include "base/status_macros.h"

namespace parley {

BeamSearch::BeamSearch(const SearchOptions& options, const SearchRules& rules)
    : terms_(options, rules),
      num_beams_(options.num_beams),
      num_candidates_(std::min(2 * options.num_beams, rules.vocab_size)),
      history_(rules.start_token) {
  rows_.reserve(num_beams_);
  next_rows_.reserve(num_beams_);
  finished_.reserve(num_beams_ + 1);
  continuations_.reserve(num_beams_ * num_candidates_);
  rows_.push_back({});
  // Each row goes on, or ends and another goes on in its place.
  history_.Reserve(int64_t{2} * num_beams_ * options.max_new_tokens);
}

TokenId BeamSearch::input_token(int row) const {
  return history_.token(rows_[row].node);
}

void BeamSearch::Constrain(int row, RowConstraints* constraints) const {
  terms_.Constrain(history_, rows_[row].node, constraints);
}

absl::Status BeamSearch::Advance(
    absl::Span<const absl::Span<const Candidate>> candidates) {
  PARLEY_CHECK(!finished() && candidates.size() == rows_.size())
      << candidates.size();
  absl::Status status = RankContinuations(candidates);
  if (status.ok() && continuations_.empty() && finished_.empty()) {
    status = terms_.NothingFound(history_, rows_[0].node);
  }
  if (!status.ok()) {
    rows_.clear();
    finished_.clear();
    return status;
  }
  TakeStep();
  if (!MayImprove()) rows_.clear();
  return absl::OkStatus();
}

absl::Status BeamSearch::RankContinuations(
    absl::Span<const absl::Span<const Candidate>> candidates) {
  continuations_.clear();
  for (size_t row = 0; row < candidates.size(); ++row) {
    if (candidates[row].empty()) {
      PARLEY_RETURN_IF_ERROR(
          terms_.ExplainNoCandidates(history_, rows_[row].node));
    }
    for (size_t rank = 0; rank < candidates[row].size(); ++rank) {
      const Candidate& candidate = candidates[row][rank];
      const float log_prob = rows_[row].log_prob + candidate.log_prob;
      // The sum is out of the range of floats: as good as forbidden.
      if (!std::isfinite(log_prob)) break;
      continuations_.push_back({.row = static_cast<int>(row),
                                .rank = static_cast<int>(rank),
                                .candidate = candidate,
                                .log_prob = log_prob});
    }
  }
  const size_t num_best =
      std::min(continuations_.size(), static_cast<size_t>(2 * num_beams_));
  std::partial_sort(continuations_.begin(), continuations_.begin() + num_best,
                    continuations_.end(),
                    [](const Continuation& a, const Continuation& b) {
                      if (a.log_prob != b.log_prob) {
                        return a.log_prob > b.log_prob;
                      }
                      return a.row != b.row ? a.row < b.row : a.rank < b.rank;
                    });
  continuations_.resize(num_best);
  return absl::OkStatus();
}

void BeamSearch::TakeStep() {
  ++num_steps_;
  next_rows_.clear();
  for (size_t i = 0; i < continuations_.size(); ++i) {
    const Continuation& next = continuations_[i];
    if (terms_.Completes(next.candidate.token, num_steps_)) {
      if (i < static_cast<size_t>(num_beams_)) AddFinished(next);
    } else if (next_rows_.size() < static_cast<size_t>(num_beams_)) {
      const History::Node node = history_.Append(
          rows_[next.row].node, next.candidate.token, next.candidate.log_prob);
      next_rows_.push_back(
          {.node = node, .parent = next.row, .log_prob = next.log_prob});
    }
  }
  rows_.swap(next_rows_);
}

void BeamSearch::AddFinished(const Continuation& continuation) {
  const float score = terms_.Score(continuation.log_prob, num_steps_);
  const auto place = std::upper_bound(
      finished_.begin(), finished_.end(), score,
      [](float score, const Finished& other) { return score > other.score; });
  if (place - finished_.begin() == num_beams_) return;
  const History::Node node = history_.Append(rows_[continuation.row].node,
                                             continuation.candidate.token,
                                             continuation.candidate.log_prob);
  finished_.insert(
      place, {.node = node, .log_prob = continuation.log_prob, .score = score});
  if (finished_.size() > static_cast<size_t>(num_beams_)) finished_.pop_back();
}

bool BeamSearch::MayImprove() const {
  if (rows_.empty()) return false;
  if (finished_.size() < static_cast<size_t>(num_beams_)) return true;
  const SearchOptions& options = terms_.options();
  if (options.early_stopping == EarlyStopping::kFirst) return false;
  // Log-probabilities only fall as a row grows, so its score is bounded by
  // today's sum over the length that suits it best. The heuristic takes today's
  // length instead, even where longer would be better.
  const bool longer_is_better =
      options.early_stopping == EarlyStopping::kNever &&
      options.length_penalty > 0;
  const int length = longer_is_better ? options.max_new_tokens : num_steps_;
  return terms_.Score(rows_[0].log_prob, length) > finished_.back().score;
}

void BeamSearch::AppendCertain(int first, std::vector<TokenId>* tokens) const {
  if (rows_.empty() && finished_.empty()) return;
  // Of the finished, only the best can still be the best of all.
  History::Node common = finished_.empty() ? rows_[0].node : finished_[0].node;
  for (const Row& row : rows_) {
    common = history_.CommonPrefix(common, row.node);
  }
  history_.AppendTokens(common, first, tokens);
}

std::vector<Hypothesis> BeamSearch::TakeHypotheses() {
  PARLEY_CHECK(finished());
  const size_t num_wanted = std::min(
      finished_.size(), static_cast<size_t>(terms_.options().num_hypotheses));
  std::vector<Hypothesis> hypotheses;
  hypotheses.reserve(num_wanted);
  for (size_t i = 0; i < num_wanted; ++i) {
    hypotheses.push_back(
        terms_.Describe(history_, finished_[i].node, finished_[i].log_prob));
  }
  return hypotheses;
}

}  // namespace parley
