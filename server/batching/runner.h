// The loop that drives engines: admit what fits, run one step for everything
// active, hand out what finished.
#ifndef PARLEY_SERVER_BATCHING_RUNNER_H_
#define PARLEY_SERVER_BATCHING_RUNNER_H_

#include <cstdint>
#include <memory>

#include "absl/time/time.h"
#include "server/batching/served_model.h"

namespace parley {

// A thread for each replica, which drives that replica's engines of all models
// on an OpenMP team of its own, a step at a time, fair by compute time; and one
// thread that calls the entries' callbacks, so that a slow one cannot hold an
// engine.
//
// Before each step, tasks that were cancelled or are late are dropped, waiting
// or active; then waiting ones are admitted, in the queue's order
// (server/batching/fair_order.h and policy.h say which). Where nothing is left
// to do, the thread sleeps.
//
// A model leaves when its queue has been closed and all its tasks are answered:
// the runner lets go of it then.
//
// Thread-safe, but a callback must not call Stop or destroy the runner. Every
// entry that a queue has taken is answered exactly once, whatever happens,
// before the destructor returns.
class Runner {
 public:
  struct Options {
    // Source tokens that one step encodes at most.
    int64_t max_encoder_tokens = 512;
    // Engines of each model.
    int num_replicas = 1;
  };

  static std::unique_ptr<Runner> Create(const Options& options);
  // Stops as Stop(absl::InfinitePast()) does where it has not been called.
  virtual ~Runner() = default;

  // Drives `model` from now on. Its queue's listener is taken. After Stop, the
  // queue is closed instead. REQUIRES: nothing pushes to its queue yet, and it
  // has num_replicas engines.
  virtual void Add(std::shared_ptr<ServedModel> model) = 0;

  // Closes the queues with UNAVAILABLE, works until they are empty and all is
  // answered, or until `deadline` (which a step under way may overrun); what
  // is left is answered with UNAVAILABLE. Returns when all done callbacks have
  // returned. Called again, the earliest deadline counts.
  virtual void Stop(absl::Time deadline) = 0;
};

}  // namespace parley

#endif  // PARLEY_SERVER_BATCHING_RUNNER_H_
