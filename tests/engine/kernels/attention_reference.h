// Attention of one query in double precision.
#ifndef PARLEY_TESTS_ENGINE_KERNELS_ATTENTION_REFERENCE_H_
#define PARLEY_TESTS_ENGINE_KERNELS_ATTENTION_REFERENCE_H_

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "tests/engine/kernels/random_floats.h"

namespace parley::kernels {

struct AttentionReference {
  std::vector<double> output;  // [head_dim]
  double tolerance = 0;        // How far single precision may be from it.
};

// query: [head_dim], keys and values: rows of [head_dim]; `added` to the scores
// of each, or empty.
inline AttentionReference ReferenceAttention(
    int head_dim, const float* query, const std::vector<const float*>& keys,
    const std::vector<const float*>& values,
    const std::vector<double>& added = {}) {
  std::vector<double> scores(keys.size());
  double score_error = 0, greatest = 0;
  for (size_t k = 0; k < keys.size(); ++k) {
    double magnitude = 0;
    for (int d = 0; d < head_dim; ++d) {
      const double product = double{query[d]} * keys[k][d];
      scores[k] += product;
      magnitude += std::fabs(product);
    }
    scores[k] /= std::sqrt(head_dim);
    if (!added.empty()) scores[k] += added[k];
    score_error = std::max(score_error, kEpsilon * (2 + std::sqrt(head_dim)) *
                                            magnitude / std::sqrt(head_dim));
    score_error = std::max(score_error, 2 * kEpsilon * std::fabs(scores[k]));
  }
  const double max = *std::max_element(scores.begin(), scores.end());
  double sum = 0;
  for (double& score : scores) sum += score = std::exp(score - max);
  AttentionReference reference;
  reference.output.resize(head_dim);
  for (size_t k = 0; k < keys.size(); ++k) {
    for (int d = 0; d < head_dim; ++d) {
      reference.output[d] += scores[k] / sum * values[k][d];
      greatest = std::max(greatest, std::fabs(double{values[k][d]}));
    }
  }
  // An error of a score is one of its weight, relatively.
  reference.tolerance =
      greatest *
      (2 * score_error + kEpsilon * (8 + std::sqrt(double(keys.size()))));
  return reference;
}

}  // namespace parley::kernels

#endif  // PARLEY_TESTS_ENGINE_KERNELS_ATTENTION_REFERENCE_H_
