// Puts the translations of a text's pieces together.
#ifndef PARLEY_SERVER_PIPELINE_JOIN_H_
#define PARLEY_SERVER_PIPELINE_JOIN_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "engine/api/task.h"
#include "server/pipeline/translate.h"

namespace parley {

// One translation of one piece.
struct PieceHypothesis {
  std::string text;
  std::vector<std::string> tokens;  // Empty unless asked for.
  Hypothesis hypothesis;
};

// The translations of one piece, best first. Not empty.
using TranslatedPiece = std::vector<PieceHypothesis>;

struct JoinOptions {
  float length_penalty = 1.0f;
  bool return_tokens = false;
};

// Translation k of a text joins the k-th ones of its pieces, or the last one of
// a piece that has fewer, with `spacing` before, between and after them: there
// are as many as the piece with most has. A single piece keeps its score; of
// several it is the sum of their log_prob over the sum of their lengths to the
// power of length_penalty.
// REQUIRES: !pieces.empty() && spacing.size() == pieces.size() + 1
std::vector<TextHypothesis> JoinPieces(
    absl::Span<const std::string> spacing,
    const std::vector<TranslatedPiece>& pieces, const JoinOptions& options);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_JOIN_H_
