// How many rows a step takes to be worth its time.
#ifndef PARLEY_SERVER_BATCHING_STEP_EFFICIENCY_H_
#define PARLEY_SERVER_BATCHING_STEP_EFFICIENCY_H_

#include <array>
#include <cstdint>
#include <optional>

#include "absl/time/time.h"

namespace parley {

// A step of few rows takes as long as a model's weights take to come from
// memory; of many, as long as its rows take to be computed. Where the one
// becomes the other hangs on the model, its precision and the machine, so it
// is measured. Pure: no locks, no clock.
class StepEfficiency {
 public:
  // A step that encoded nothing computed `num_rows` in `time`.
  void Add(int64_t num_rows, absl::Duration time);

  // With so many rows a step does nearly as many a second as with any number
  // seen so far; nothing before the first.
  std::optional<int64_t> efficient_rows() const;

 private:
  // Of steps alike; the older count the less.
  struct Steps {
    double rows = 0;
    double seconds = 0;
    double rate() const { return seconds > 0 ? rows / seconds : 0; }
  };
  std::array<Steps, 16> by_size_;  // [log2 of the rows]
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_STEP_EFFICIENCY_H_
