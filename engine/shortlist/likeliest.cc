#include "engine/shortlist/likeliest.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"

namespace parley {
namespace {

bool IsBetter(const WeightedTarget& a, const WeightedTarget& b) {
  if (a.probability != b.probability) return a.probability > b.probability;
  return a.target < b.target;
}

}  // namespace

void LikeliestTargets::Add(WeightedTarget next) {
  kept_.push_back(next);
  if (kept_.size() < 2 * max_targets_) return;
  const auto end = kept_.begin() + static_cast<ptrdiff_t>(max_targets_);
  std::nth_element(kept_.begin(), end, kept_.end(), IsBetter);
  kept_.erase(end, kept_.end());
}

std::vector<TokenId> LikeliestTargets::Take() && {
  std::sort(kept_.begin(), kept_.end(), IsBetter);
  std::vector<TokenId> targets;
  absl::flat_hash_set<TokenId> seen;
  for (const WeightedTarget& each : kept_) {
    if (targets.size() == max_targets_) break;
    if (seen.insert(each.target).second) targets.push_back(each.target);
  }
  kept_ = {};
  return targets;
}

}  // namespace parley
