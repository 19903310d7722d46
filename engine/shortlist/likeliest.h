// The likeliest of many translations of one token.
#ifndef PARLEY_ENGINE_SHORTLIST_LIKELIEST_H_
#define PARLEY_ENGINE_SHORTLIST_LIKELIEST_H_

#include <cstddef>
#include <vector>

#include "engine/api/task.h"

namespace parley {

struct WeightedTarget {
  TokenId target = 0;
  float probability = 0;  // Or what else they are ordered by.
};

// Keeps the best few of what it is given, in memory for twice as many. Equals
// are ordered by id, so that the outcome does not hang on the order of coming.
// One thread.
class LikeliestTargets {
 public:
  explicit LikeliestTargets(int max_targets)
      : max_targets_(static_cast<size_t>(max_targets)) {}

  void Add(WeightedTarget next);

  // Best first, each target once.
  std::vector<TokenId> Take() &&;

 private:
  const size_t max_targets_;
  std::vector<WeightedTarget> kept_;  // In any order.
};

}  // namespace parley

#endif  // PARLEY_ENGINE_SHORTLIST_LIKELIEST_H_
