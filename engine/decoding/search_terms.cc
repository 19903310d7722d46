#include "engine/decoding/search_terms.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace parley {

SearchTerms::SearchTerms(const SearchOptions& options, const SearchRules& rules)
    : options_(options), rules_(rules) {
  PARLEY_CHECK(options.num_beams >= 1 && options.num_beams <= kMaxBeams)
      << options.num_beams;
  PARLEY_CHECK(options.num_hypotheses >= 1 &&
               options.num_hypotheses <= options.num_beams)
      << options.num_hypotheses;
  PARLEY_CHECK(options.max_new_tokens >= 1) << options.max_new_tokens;
  PARLEY_CHECK(std::isfinite(options.length_penalty));
}

void SearchTerms::Constrain(const History& history, History::Node node,
                            RowConstraints* constraints) const {
  const int length = history.length(node);
  constraints->forbidden.clear();
  constraints->forced = -1;
  constraints->renormalize = rules_.renormalize;
  if (length == options_.max_new_tokens - 1 && rules_.forced_end_token >= 0) {
    constraints->forced = rules_.forced_end_token;
    return;
  }
  for (const std::vector<TokenId>& word : rules_.bad_words) {
    if (word.empty()) continue;
    if (word.size() == 1 && word[0] == rules_.end_token) continue;
    const absl::Span<const TokenId> before(word.data(), word.size() - 1);
    if (history.EndsWith(node, before)) {
      constraints->forbidden.push_back(word.back());
    }
  }
  if (length < options_.min_new_tokens) {
    constraints->forbidden.push_back(rules_.end_token);
  }
}

absl::Status SearchTerms::ExplainNoCandidates(const History& history,
                                              History::Node node) const {
  RowConstraints constraints;
  Constrain(history, node, &constraints);
  std::vector<bool> forbidden(rules_.vocab_size);
  for (TokenId token : constraints.forbidden) {
    if (token >= 0 && token < rules_.vocab_size) forbidden[token] = true;
  }
  if (constraints.forced < 0 && std::count(forbidden.begin(), forbidden.end(),
                                           true) == rules_.vocab_size) {
    return absl::OkStatus();
  }
  return absl::InternalError(absl::StrCat(
      "the model's logits for target token ", history.length(node) + 1,
      " allow no token of ", rules_.vocab_size,
      ": expected finite numbers; its weights or the input "
      "overflow the range of its arithmetic"));
}

absl::Status SearchTerms::NothingFound(const History& history,
                                       History::Node node) const {
  PARLEY_RETURN_IF_ERROR(ExplainNoCandidates(history, node));
  return absl::FailedPreconditionError(
      absl::StrCat("no token of ", rules_.vocab_size,
                   " may stand as target token ", history.length(node) + 1,
                   ": bad_words_ids and min_new_tokens forbid them all"));
}

bool SearchTerms::Completes(TokenId token, int length) const {
  return token == rules_.end_token || length >= options_.max_new_tokens;
}

float SearchTerms::Score(float log_prob, int length) const {
  using Limits = std::numeric_limits<float>;
  const double power = std::pow(static_cast<double>(length),
                                static_cast<double>(options_.length_penalty));
  // Divided as floats, which is what transformers does.
  const float divisor = static_cast<float>(
      std::clamp<double>(power, Limits::min(), Limits::max()));
  return std::max(log_prob / divisor, Limits::lowest());
}

Hypothesis SearchTerms::Describe(const History& history, History::Node node,
                                 float log_prob) const {
  Hypothesis hypothesis;
  history.Read(node, &hypothesis);
  hypothesis.log_prob = log_prob;
  hypothesis.score = Score(log_prob, history.length(node));
  const bool at_limit = history.length(node) >= options_.max_new_tokens;
  const bool chose_end = history.token(node) == rules_.end_token &&
                         !(at_limit && rules_.forced_end_token >= 0);
  hypothesis.finish_reason =
      chose_end ? FinishReason::kEndOfSequence : FinishReason::kLength;
  return hypothesis;
}

}  // namespace parley
