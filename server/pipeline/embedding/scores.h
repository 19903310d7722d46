// What is done to the logits of heads. Pure functions.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_SCORES_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_SCORES_H_

#include <cstddef>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/api/model.h"

namespace parley {

enum class ScoreFunction { kNone, kSigmoid, kSoftmax };

// The one of a model whose files do not say, as transformers' pipeline of text
// classification has it.
ScoreFunction DefaultScoreFunction(const EncoderInfo& info);

// `logits` through `function`, computed in double. INTERNAL unless there are
// `num_logits`, all finite.
absl::StatusOr<std::vector<float>> ScoresOf(absl::Span<const float> logits,
                                            size_t num_logits,
                                            ScoreFunction function);

// Indices of `scores`, the greatest first, equal ones in order.
std::vector<int> BestFirst(absl::Span<const float> scores);

// How like two vectors are, the greater the more: the measures of
// sentence-transformers, distances negated; computed in double.
// REQUIRES: as many dimensions in both; for kCosine, neither all 0.
float SimilarityOf(absl::Span<const float> a, absl::Span<const float> b,
                   SimilarityMeasure measure);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_SCORES_H_
