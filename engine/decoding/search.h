// Search for target sequences as a state machine over rows of logits: it takes
// what a step's logits offer and says which rows the next step has. It never
// calls the model.
#ifndef PARLEY_ENGINE_DECODING_SEARCH_H_
#define PARLEY_ENGINE_DECODING_SEARCH_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "engine/api/task.h"
#include "engine/decoding/candidates.h"

namespace parley {

// What a model's configuration fixes of every search; the words are those of
// transformers' generation configuration.
struct SearchRules {
  int vocab_size = 0;
  TokenId start_token = 0;        // decoder_start_token_id
  TokenId end_token = 0;          // eos_token_id
  TokenId forced_end_token = -1;  // forced_eos_token_id; -1: none.
  // bad_words_ids: sequences that must not appear, each of one or more tokens.
  // They are matched against the start token too. As in transformers, the end
  // token alone is no bad word.
  std::vector<std::vector<TokenId>> bad_words;
  // renormalize_logits: what is left after forbidding tokens sums to one again.
  bool renormalize = false;
};

// The search of one task. Rows are numbered anew after each Advance.
//
// Thread rule: const methods from several threads at once, or Advance from one.
// Only what is made, and what is taken at the end, allocates.
class Search {
 public:
  virtual ~Search() = default;

  // Live rows of the next step: 1 at first. 0 when finished.
  virtual int num_rows() const = 0;

  // The token that row `row` feeds to the model next; at first the start token.
  virtual TokenId input_token(int row) const = 0;

  // How many candidates Advance wants of each row, at most.
  virtual int num_candidates() const = 0;

  // What row `row` may choose from.
  virtual void Constrain(int row, RowConstraints* constraints) const = 0;

  // Takes the candidates of every row, best first: candidates[row] are row's,
  // fewer than num_candidates() only where fewer tokens are allowed. A row
  // whose every token is forbidden ends there.
  //
  // INTERNAL where a row has no candidates though some token was allowed (its
  // logits were not numbers); FAILED_PRECONDITION where no row has any left and
  // nothing was found. After an error the search is finished without
  // hypotheses. REQUIRES: !finished(), candidates.size() == num_rows()
  virtual absl::Status Advance(
      absl::Span<const absl::Span<const Candidate>> candidates) = 0;

  // After Advance: the row of the last step that row `row` of the next one
  // continues.
  virtual int parent(int row) const = 0;

  // Tokens chosen so far in each live row.
  virtual int num_steps() const = 0;

  virtual bool finished() const = 0;

  // What is certain already of the best hypothesis: tokens that the first of
  // TakeHypotheses will begin with, however the search goes on. There are more
  // and more of them, and none changes. Appends those from number `first` on
  // to *tokens; takes time for what was not certain before. REQUIRES: `first`
  // is no more than there were at an earlier step
  virtual void AppendCertain(int first, std::vector<TokenId>* tokens) const = 0;

  // The best `num_hypotheses` of what was found, best first; at least one
  // unless Advance failed. Fewer only where fewer were found, which takes a
  // step that offers less than num_beams sequences in all: an end token forced
  // by max_new_tokens 1, or a vocabulary smaller than the beam. transformers
  // fills such beams with copies that score about -1e9, and counts them as
  // found where early_stopping is True; here they do not exist. REQUIRES:
  // finished(); called once.
  virtual std::vector<Hypothesis> TakeHypotheses() = 0;
};

// A beam search for num_beams above 1; else one that draws its tokens where
// options.sampling is set, and a greedy one where not. `rules` must outlive it.
// REQUIRES: options in their ranges (engine/api/task.h).
std::unique_ptr<Search> CreateSearch(const SearchOptions& options,
                                     const SearchRules& rules);

}  // namespace parley

#endif  // PARLEY_ENGINE_DECODING_SEARCH_H_
