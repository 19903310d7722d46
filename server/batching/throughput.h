// How fast tasks are worked off.
#ifndef PARLEY_SERVER_BATCHING_THROUGHPUT_H_
#define PARLEY_SERVER_BATCHING_THROUGHPUT_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"

namespace parley {

// The work (TaskCost::work) that an engine does in a second, averaged over the
// last seconds in which it had as much as it could take: an engine that is
// half empty says nothing of how fast a full one is. Pure: no locks, no clock.
class Throughput {
 public:
  // `work` was done in `time`, while more waited.
  void Add(int64_t work, absl::Duration time);

  // Nothing until there is enough to go by.
  std::optional<double> work_per_second() const;

 private:
  // Sums whose parts count the less the older they are.
  double work_ = 0;
  double seconds_ = 0;
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_THROUGHPUT_H_
