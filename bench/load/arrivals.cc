#include "bench/load/arrivals.h"

#include <cmath>

namespace parley::load {

PoissonArrivals::PoissonArrivals(double calls_per_second, uint64_t seed)
    : calls_per_second_(calls_per_second), generator_(seed) {}

absl::Duration PoissonArrivals::Next() {
  // By hand: what std::exponential_distribution draws differs between
  // libraries. 53 bits fill a double: 0 <= uniform < 1.
  const double uniform =
      std::ldexp(static_cast<double>(generator_() >> 11), -53);
  seconds_ += -std::log1p(-uniform) / calls_per_second_;
  return absl::Seconds(seconds_);
}

}  // namespace parley::load
