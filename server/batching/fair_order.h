// Which of the tasks that wait is next, so that callers get fair shares.
#ifndef PARLEY_SERVER_BATCHING_FAIR_ORDER_H_
#define PARLEY_SERVER_BATCHING_FAIR_ORDER_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"

namespace parley {

// Shares of the work where tasks of several wait: 4 to 2 to 1.
enum class Priority { kHigh, kNormal, kLow };

// Tasks that share a claim: those of one caller and one priority. Within it,
// the oldest goes first.
struct Flow {
  std::string caller;
  Priority priority = Priority::kNormal;

  friend bool operator==(const Flow&, const Flow&) = default;
  template <typename H>
  friend H AbslHashValue(H state, const Flow& flow) {
    return H::combine(std::move(state), flow.caller, flow.priority);
  }
};

// Start-time fair queueing (Goyal, Vin & Cheng, 1996): each task has a place
// on a line of virtual time when it comes, behind what its flow has waiting,
// and never before where the line has been worked off to. A flow that asks for
// much waits behind itself; one that asks for little is not behind others'
// many; and since places never change while the line moves on, nobody starves.
//
// Pure: no locks, no clock. Work is in units of TaskCost::work; less than one
// counts as one.
class FairOrder {
 public:
  // The place of a task that comes now: the least goes first, the older of
  // equals.
  double Join(const Flow& flow, int64_t work);

  // A task that had been served waits again, at the place it had.
  void Rejoin(const Flow& flow, int64_t work);

  // A waiting task is served: the line has been worked off to its place.
  void Serve(const Flow& flow, int64_t work, double place);

  // A waiting task goes without being served.
  void Leave(const Flow& flow, int64_t work);

  // Work that will be served before a task of `flow` that would come now, if
  // nobody else came.
  double WorkBefore(const Flow& flow) const;

 private:
  // A flow that has tasks waiting.
  struct Backlog {
    double end = 0;   // Place of its next task.
    double work = 0;  // Of those that wait.
    int64_t num_tasks = 0;
  };

  Backlog& Add(const Flow& flow, int64_t work);

  absl::flat_hash_map<Flow, Backlog> backlogs_;
  double served_to_ = 0;  // Never falls.
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_FAIR_ORDER_H_
