#include "server/pipeline/join.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/log.h"

namespace parley {
namespace {

template <typename T>
void Append(const std::vector<T>& from, std::vector<T>* to) {
  to->insert(to->end(), from.begin(), from.end());
}

// log_prob over the sum of lengths to the power of the penalty. Extreme
// penalties take that sum to 0, where the limit of the score is meant.
float JoinedScore(double log_prob, double sum_of_powers) {
  if (sum_of_powers > 0) return static_cast<float>(log_prob / sum_of_powers);
  return log_prob < 0 ? -std::numeric_limits<float>::infinity() : 0;
}

TextHypothesis JoinKth(size_t k, absl::Span<const std::string> spacing,
                       const std::vector<TranslatedPiece>& pieces,
                       const JoinOptions& options) {
  TextHypothesis joined;
  joined.text = spacing[0];
  double log_prob = 0;
  double sum_of_powers = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    const PieceHypothesis& piece = pieces[i][std::min(k, pieces[i].size() - 1)];
    const Hypothesis& hypothesis = piece.hypothesis;
    absl::StrAppend(&joined.text, piece.text, spacing[i + 1]);
    log_prob += hypothesis.log_prob;
    sum_of_powers += std::pow(static_cast<double>(hypothesis.token_ids.size()),
                              static_cast<double>(options.length_penalty));
    if (hypothesis.finish_reason == FinishReason::kLength) {
      joined.finish_reason = FinishReason::kLength;
    }
    if (!options.return_tokens) continue;
    Append(piece.tokens, &joined.tokens);
    Append(hypothesis.token_ids, &joined.token_ids);
    Append(hypothesis.token_log_probs, &joined.token_log_probs);
  }
  joined.log_prob = static_cast<float>(log_prob);
  joined.score =
      pieces.size() == 1
          ? pieces[0][std::min(k, pieces[0].size() - 1)].hypothesis.score
          : JoinedScore(log_prob, sum_of_powers);
  return joined;
}

}  // namespace

std::vector<TextHypothesis> JoinPieces(
    absl::Span<const std::string> spacing,
    const std::vector<TranslatedPiece>& pieces, const JoinOptions& options) {
  PARLEY_CHECK(!pieces.empty() && spacing.size() == pieces.size() + 1);
  size_t num_hypotheses = 0;
  for (const TranslatedPiece& piece : pieces) {
    PARLEY_CHECK(!piece.empty());
    num_hypotheses = std::max(num_hypotheses, piece.size());
  }
  std::vector<TextHypothesis> joined;
  for (size_t k = 0; k < num_hypotheses; ++k) {
    joined.push_back(JoinKth(k, spacing, pieces, options));
  }
  return joined;
}

}  // namespace parley
