#include "base/thread_turns.h"

#include <sched.h>

namespace parley {
namespace {

// Where the system forbids it, threads take turns as before.
void SetPolicy(int policy) {
  const sched_param none = {};
  sched_setscheduler(0, policy, &none);
}

}  // namespace

void WaitForTurns() { SetPolicy(SCHED_BATCH); }

void TakeTurns() { SetPolicy(SCHED_OTHER); }

}  // namespace parley
