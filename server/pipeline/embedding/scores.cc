#include "server/pipeline/embedding/scores.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace parley {
namespace {

absl::Status CheckLogits(absl::Span<const float> logits, size_t num_logits) {
  if (logits.size() != num_logits) {
    return absl::InternalError(absl::StrCat("the model gave ", logits.size(),
                                            " logits, not ", num_logits));
  }
  for (const float logit : logits) {
    if (!std::isfinite(logit)) {
      return absl::InternalError(
          absl::StrCat("the model gave the logit ", logit));
    }
  }
  return absl::OkStatus();
}

// Neither end overflows.
double Sigmoid(double logit) {
  if (logit >= 0) return 1 / (1 + std::exp(-logit));
  const double odds = std::exp(logit);
  return odds / (1 + odds);
}

std::vector<float> Softmax(absl::Span<const float> logits) {
  const double greatest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - greatest);
  std::vector<float> scores;
  scores.reserve(logits.size());
  for (const float logit : logits) {
    scores.push_back(static_cast<float>(std::exp(logit - greatest) / sum));
  }
  return scores;
}

}  // namespace

ScoreFunction DefaultScoreFunction(const EncoderInfo& info) {
  if (info.is_regression) return ScoreFunction::kNone;
  if (info.has_independent_labels || info.labels.size() == 1) {
    return ScoreFunction::kSigmoid;
  }
  return ScoreFunction::kSoftmax;
}

absl::StatusOr<std::vector<float>> ScoresOf(absl::Span<const float> logits,
                                            size_t num_logits,
                                            ScoreFunction function) {
  PARLEY_RETURN_IF_ERROR(CheckLogits(logits, num_logits));
  std::vector<float> scores(logits.begin(), logits.end());
  switch (function) {
    case ScoreFunction::kNone:
      break;
    case ScoreFunction::kSigmoid:
      for (float& score : scores) score = static_cast<float>(Sigmoid(score));
      break;
    case ScoreFunction::kSoftmax:
      if (!scores.empty()) scores = Softmax(logits);
      break;
  }
  return scores;
}

std::vector<int> BestFirst(absl::Span<const float> scores) {
  std::vector<int> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return scores[a] > scores[b]; });
  return order;
}

float SimilarityOf(absl::Span<const float> a, absl::Span<const float> b,
                   SimilarityMeasure measure) {
  double dot = 0;
  double squares_a = 0;
  double squares_b = 0;
  double squared_distance = 0;
  double distance = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    const double x = a[i];
    const double y = b[i];
    dot += x * y;
    squares_a += x * x;
    squares_b += y * y;
    squared_distance += (x - y) * (x - y);
    distance += std::abs(x - y);
  }
  switch (measure) {
    case SimilarityMeasure::kCosine:
      return static_cast<float>(dot / std::sqrt(squares_a) /
                                std::sqrt(squares_b));
    case SimilarityMeasure::kDot:
      return static_cast<float>(dot);
    case SimilarityMeasure::kEuclidean:
      return static_cast<float>(-std::sqrt(squared_distance));
    case SimilarityMeasure::kManhattan:
      return static_cast<float>(-distance);
  }
  return 0;
}

}  // namespace parley
