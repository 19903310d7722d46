// The thread team that engines compute with.
#ifndef PARLEY_ENGINE_RUNTIME_TEAM_H_
#define PARLEY_ENGINE_RUNTIME_TEAM_H_

#include "engine/api/model.h"
#include "engine/layers/thread_team.h"

namespace parley {

// At the start of each step: makes the calling thread's team the one that
// `options` ask for. `has_team` is the engine's own, false at first.
inline void JoinTeam(const LoadOptions& options, bool* has_team) {
  SetTeamSize(options.num_threads);
  if (*has_team) return;
  *has_team = true;
  if (options.pin_threads) PinTeam();
}

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_TEAM_H_
