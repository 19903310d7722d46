#include "bench/load/percentiles.h"

#include <algorithm>
#include <cmath>

namespace parley::load {

void Percentiles::Add(absl::Duration sample) {
  samples_.push_back(sample);
  is_sorted_ = false;
}

absl::Duration Percentiles::At(double percent) const {
  if (samples_.empty()) return absl::ZeroDuration();
  if (!is_sorted_) {
    std::sort(samples_.begin(), samples_.end());
    is_sorted_ = true;
  }
  const double count = static_cast<double>(samples_.size());
  // 99.9 % of 1000 is 999.0000000000001 to a double.
  constexpr double kRounding = 1e-9;
  const double rank = std::ceil(percent / 100 * count - kRounding);
  return samples_[static_cast<size_t>(std::clamp(rank, 1.0, count)) - 1];
}

absl::Duration Percentiles::Mean() const {
  if (samples_.empty()) return absl::ZeroDuration();
  absl::Duration sum;
  for (const absl::Duration sample : samples_) sum += sample;
  return sum / static_cast<int64_t>(samples_.size());
}

}  // namespace parley::load
