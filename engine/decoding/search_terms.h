// What every kind of search goes by: the model's rules and a task's options.
#ifndef PARLEY_ENGINE_DECODING_SEARCH_TERMS_H_
#define PARLEY_ENGINE_DECODING_SEARCH_TERMS_H_

#include "absl/status/status.h"
#include "engine/api/task.h"
#include "engine/decoding/candidates.h"
#include "engine/decoding/history.h"
#include "engine/decoding/search.h"

namespace parley {

// Immutable; any thread. Keeps a reference to `rules`.
class SearchTerms {
 public:
  // REQUIRES: options in their ranges (engine/api/task.h), a finite
  // length_penalty.
  SearchTerms(const SearchOptions& options, const SearchRules& rules);

  const SearchOptions& options() const { return options_; }
  const SearchRules& rules() const { return rules_; }

  // What may follow the sequence of `node`. As in transformers, a bad word
  // forbids its last token after its others, the end token is forbidden below
  // min_new_tokens, and a token forced by max_new_tokens beats both.
  void Constrain(const History& history, History::Node node,
                 RowConstraints* constraints) const;

  // Why nothing followed the sequence of `node`: OK where all tokens were
  // forbidden, else an error that names the token.
  absl::Status ExplainNoCandidates(const History& history,
                                   History::Node node) const;

  // The error of a search that ends without having found anything, the
  // sequence of `node` being one of its last rows.
  absl::Status NothingFound(const History& history, History::Node node) const;

  // Whether a sequence is complete with `token` as its last one. `length`
  // counts it, but not the start token; so do all lengths here.
  bool Completes(TokenId token, int length) const;

  // log_prob / length ^ length_penalty, always finite: where it would be out of
  // the range of floats, the nearest of them.
  float Score(float log_prob, int length) const;

  // The complete sequence of `node`, whose log-probabilities sum to `log_prob`.
  Hypothesis Describe(const History& history, History::Node node,
                      float log_prob) const;

 private:
  const SearchOptions options_;
  const SearchRules& rules_;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_DECODING_SEARCH_TERMS_H_
