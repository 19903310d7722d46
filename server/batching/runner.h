// The loop that drives engines: admit what fits, run one step for everything
// active, hand out what finished.
#ifndef PARLEY_SERVER_BATCHING_RUNNER_H_
#define PARLEY_SERVER_BATCHING_RUNNER_H_

#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "server/batching/served_model.h"

namespace parley {

// One thread that drives the engines of all models of one OpenMP team, a step
// at a time, fair by compute time; and one thread that calls the entries' done
// callbacks, so that a slow one cannot hold an engine.
//
// Before each step, tasks that were cancelled or are late are dropped, waiting
// or active; then the oldest waiting ones are admitted. If the oldest does not
// fit, the younger ones wait behind it (server/batching/policy.h says why).
// Where nothing is left to do, the thread sleeps.
//
// Thread-safe, but a done callback must not call Stop or destroy the runner.
// Every entry that a queue has taken is answered exactly once, whatever
// happens, before the destructor returns.
class Runner {
 public:
  struct Options {
    // Source tokens that one step encodes at most.
    int64_t max_encoder_tokens = 4096;
  };

  static std::unique_ptr<Runner> Create(const Options& options);
  // Stops as Stop(absl::InfinitePast()) does where it has not been called.
  virtual ~Runner() = default;

  // Drives `model` from now on. Its queue's listener is taken. After Stop, the
  // queue is closed instead. REQUIRES: nothing pushes to its queue yet.
  //
  // Once the queue has been closed, by whomever, and all that it took is
  // answered, the runner lets go of the model.
  virtual void Add(std::shared_ptr<ServedModel> model) = 0;

  // Closes the queues with UNAVAILABLE, works until they are empty and all is
  // answered, or until `deadline` (which a step under way may overrun); what
  // is left is answered with UNAVAILABLE. Returns when all done callbacks have
  // returned. Called again, the earliest deadline counts.
  virtual void Stop(absl::Time deadline) = 0;
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_RUNNER_H_
