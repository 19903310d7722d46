// Beam search (Graves 2012; Sutskever et al. 2014) with the semantics of
// transformers 5.23, GenerationMixin._beam_search.
#ifndef PARLEY_ENGINE_DECODING_BEAM_SEARCH_H_
#define PARLEY_ENGINE_DECODING_BEAM_SEARCH_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/api/task.h"
#include "engine/decoding/candidates.h"
#include "engine/decoding/history.h"
#include "engine/decoding/search.h"
#include "engine/decoding/search_terms.h"

namespace parley {

// A step ranks the best 2 x num_beams continuations of all rows together by
// their summed log-probability. Complete ones among the best num_beams of them
// join the finished, of which the best num_beams by score are kept; the best
// num_beams incomplete ones are the next rows. It ends where EarlyStopping says
// so, at max_new_tokens, or where no row is left. Equal sums go by row, then by
// the order of candidates; among equal scores the one found first stays.
//
// num_beams 1 works, and finds what GreedySearch finds unless early_stopping is
// kNever. Contract: Search.
class BeamSearch : public Search {
 public:
  // `rules` must outlive it. REQUIRES: as SearchTerms.
  BeamSearch(const SearchOptions& options, const SearchRules& rules);

  int num_rows() const override { return static_cast<int>(rows_.size()); }
  TokenId input_token(int row) const override;
  int num_candidates() const override { return num_candidates_; }
  void Constrain(int row, RowConstraints* constraints) const override;
  absl::Status Advance(
      absl::Span<const absl::Span<const Candidate>> candidates) override;
  int parent(int row) const override { return rows_[row].parent; }
  int num_steps() const override { return num_steps_; }
  bool finished() const override { return rows_.empty(); }
  // What all rows and the best finished sequence have in common: one of these
  // is the best in the end, or continues to be.
  void AppendCertain(int first, std::vector<TokenId>* tokens) const override;
  std::vector<Hypothesis> TakeHypotheses() override;

 private:
  struct Row {
    History::Node node = History::kRoot;
    int parent = 0;
    float log_prob = 0;
  };

  // A row with one of its candidates.
  struct Continuation {
    int row = 0;
    int rank = 0;  // Among the row's candidates.
    Candidate candidate;
    float log_prob = 0;  // The sum.
  };

  struct Finished {
    History::Node node = History::kRoot;
    float log_prob = 0;
    float score = 0;
  };

  // Sets continuations_, best first.
  absl::Status RankContinuations(
      absl::Span<const absl::Span<const Candidate>> candidates);
  void AddFinished(const Continuation& continuation);
  // Sets rows_ and finished_ from continuations_.
  void TakeStep();
  bool MayImprove() const;

  const SearchTerms terms_;
  const int num_beams_;
  const int num_candidates_;
  History history_;
  int num_steps_ = 0;
  std::vector<Row> rows_;                    // Best first. [<= num_beams]
  std::vector<Row> next_rows_;               // Scratch.
  std::vector<Continuation> continuations_;  // Scratch. [<= 2 * num_beams]
  std::vector<Finished> finished_;           // Best score first. [<= num_beams]
};

}  // namespace parley

#endif  // PARLEY_ENGINE_DECODING_BEAM_SEARCH_H_
