// When calls are due in an open loop.
#ifndef PARLEY_BENCH_LOAD_ARRIVALS_H_
#define PARLEY_BENCH_LOAD_ARRIVALS_H_

#include <cstdint>
#include <random>

#include "absl/time/time.h"

namespace parley::load {

// A Poisson process: callers who know nothing of each other, nor of how the
// server is doing. The same seed gives the same pattern at any rate, stretched.
// One thread at a time.
class PoissonArrivals {
 public:
  // REQUIRES: calls_per_second > 0
  PoissonArrivals(double calls_per_second, uint64_t seed);

  // When the next call is due, since the start. Never less than the one before.
  absl::Duration Next();

 private:
  const double calls_per_second_;
  std::mt19937_64 generator_;
  double seconds_ = 0;
};

}  // namespace parley::load

#endif  // PARLEY_BENCH_LOAD_ARRIVALS_H_
