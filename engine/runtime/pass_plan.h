// Which tasks of an encoder's step are computed together.
#ifndef PARLEY_ENGINE_RUNTIME_PASS_PLAN_H_
#define PARLEY_ENGINE_RUNTIME_PASS_PLAN_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace parley {

// Rows of one pass at most, but for a single longer task: the products are at
// their peak, and what stands between them stays in the caches.
inline constexpr int64_t kMaxPassRows = 512;

struct PassPlan {
  // Indices of the tasks, pass by pass; each task is in one.
  std::vector<size_t> tasks;
  std::vector<size_t> ends;  // Of each pass among `tasks`.
  // Each pass on one thread, as many at a time as there are threads: none waits
  // for another within a layer. Else one after the other, each on all threads.
  bool side_by_side = false;
};

// For tasks of so many rows each; in the memory that `plan` has, where that is
// enough. Passes side by side are chosen where there is enough for all threads,
// and begin in their order: the last are short, so that the threads end at
// about the same time.
void PlanPasses(absl::Span<const int64_t> num_rows, int num_threads,
                PassPlan* plan);

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_PASS_PLAN_H_
