// How fast tasks are worked off.
#ifndef PARLEY_SERVER_BATCHING_THROUGHPUT_H_
#define PARLEY_SERVER_BATCHING_THROUGHPUT_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"

namespace parley {

// The expected work (TaskCost::work) that an engine gets done in a second,
// averaged over the last seconds in which it had as much as it could take: an
// engine that is half empty says nothing of how fast a full one is. Pure: no
// locks, no clock.
class Throughput {
 public:
  // `num_rows` were computed in `time`, while more tasks waited.
  void Add(int64_t num_rows, absl::Duration time);

  // A task of which `expected` rows were expected took `actual`.
  void AddTask(int64_t expected, int64_t actual);

  // Nothing until there is enough to go by.
  std::optional<double> work_per_second() const;

 private:
  // Sums whose parts count the less the older they are.
  double rows_ = 0;
  double seconds_ = 0;
  double expected_ = 0;
  double actual_ = 0;
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_THROUGHPUT_H_
