// Who goes next. Pure decisions: no threads, no locks, no clock.
#ifndef PARLEY_SERVER_BATCHING_POLICY_H_
#define PARLEY_SERVER_BATCHING_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "engine/api/engine.h"
#include "server/batching/task_queue.h"

namespace parley {

// OK, or why nobody waits for an answer any more at `now`: CANCELLED or
// DEADLINE_EXCEEDED. `cancel` may be null.
absl::Status StillWanted(const CancelFlag* cancel, absl::Time deadline,
                         absl::Time now);
absl::Status StillWanted(const QueueEntry& entry, absl::Time now);

// What an engine has room for.
struct EngineRoom {
  Capacity capacity;
  // Of that, for tasks beside others of their call: such calls have a part of
  // the engine at most, so that documents do not take all places. Below that,
  // they take what is free as others do.
  Capacity for_further;
  bool empty = true;  // No task is in it.
};

// Which of its call's tasks in an engine a task would be.
enum class PlaceInCall { kFirst, kFurther };

// Whether a waiting task of cost `cost` is admitted now. It yields where there
// is room, but not for further ones. An empty engine is offered every task: one
// that does not fit there never will, and the engine says why.
Admission AdmissionOf(const TaskCost& cost, PlaceInCall place,
                      const EngineRoom& room);

// Whether a task for which there is no room may still be passed by others
// behind it, which others first did at `passed_since`. Beyond that, all wait
// until there is room: a large task would starve else.
bool MayPass(absl::Time passed_since, absl::Time now);

// A task in an engine.
struct SteppingTask {
  TaskId id = 0;
  // Tells the calls apart; null: a call of its own.
  const void* call = nullptr;
  int64_t num_rows = 0;
};

// Which of `tasks` (the oldest first, ids rising) sit out a step, rising; none
// where all are one call's. The oldest of each call never does. The calls'
// further ones, all second ones before the third, take what makes the step
// efficient (`efficient_rows`), or half as many rows as the first ones: so a
// sentence beside a document does not wait for all of it in each step, and the
// document still goes on where there are many others.
std::vector<TaskId> ChooseResting(absl::Span<const SteppingTask> tasks,
                                  int64_t efficient_rows);

// Chooses which of several engines steps next, so that those with work get
// the compute time by their shares. An engine that had no work gathers no
// claim meanwhile: it comes back level with the one that has had least.
class FairShare {
 public:
  // Returns the index of a new engine: the next. Of two with work, one of twice
  // the share computes twice as long. REQUIRES: share > 0
  size_t Add(double share);

  // Forgets engine `index`; those above it move down by one.
  void Remove(size_t index);

  // Says that engine `index` has computed for `used`.
  void Charge(size_t index, absl::Duration used);

  // The one of `ready` (indices of the engines that have work, rising) that
  // has had the least of its share; nothing where `ready` is empty. Called for
  // each choice: whoever is missing from `ready` counts as idle since.
  std::optional<size_t> Next(absl::Span<const size_t> ready);

 private:
  struct Share {
    double share = 1;
    absl::Duration used;  // Over the share.
    bool ready = false;   // At the last Next.
  };

  std::vector<Share> shares_;
  absl::Duration level_;  // `used` of the last chosen, then. Never falls.
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_POLICY_H_
