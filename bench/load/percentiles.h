// Percentiles of durations, exact: every sample is kept.
#ifndef PARLEY_BENCH_LOAD_PERCENTILES_H_
#define PARLEY_BENCH_LOAD_PERCENTILES_H_

#include <cstddef>
#include <vector>

#include "absl/time/time.h"

namespace parley::load {

// One thread at a time.
class Percentiles {
 public:
  void Add(absl::Duration sample);

  size_t count() const { return samples_.size(); }

  // The least sample that at least `percent` of all samples do not exceed
  // (nearest rank); 0 where there are none. REQUIRES: 0 <= percent <= 100
  absl::Duration At(double percent) const;

  absl::Duration Mean() const;

 private:
  // Sorted when it is asked for.
  mutable std::vector<absl::Duration> samples_;
  mutable bool is_sorted_ = true;
};

}  // namespace parley::load

#endif  // PARLEY_BENCH_LOAD_PERCENTILES_H_
