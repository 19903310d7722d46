// Waits for what no call tells of.
#ifndef PARLEY_TESTS_EVENTUALLY_H_
#define PARLEY_TESTS_EVENTUALLY_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace parley {

// Waits for a condition, for two minutes at most; whether it came true.
template <typename Condition>
bool Eventually(Condition condition) {
  const absl::Time end = absl::Now() + absl::Minutes(2);
  while (!condition()) {
    if (absl::Now() > end) return false;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return true;
}

}  // namespace parley

#endif  // PARLEY_TESTS_EVENTUALLY_H_
