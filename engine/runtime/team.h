// The thread team that an engine computes with.
#ifndef PARLEY_ENGINE_RUNTIME_TEAM_H_
#define PARLEY_ENGINE_RUNTIME_TEAM_H_

#include "engine/api/model.h"
#include "engine/layers/thread_team.h"

namespace parley {

// The team of one engine, which is that of the thread that runs its steps.
// Used by that thread alone.
class EngineTeam {
 public:
  // For the engine number `replica` of a model: pinned threads of different
  // replicas have different CPUs.
  EngineTeam(const LoadOptions& options, int replica)
      : size_(options.num_threads),
        is_pinned_(options.pin_threads),
        first_cpu_(replica * options.num_threads) {}

  int size() const { return size_; }

  // To be called before computing: makes the calling thread's team this one.
  void Join() {
    SetTeamSize(size_);
    if (!is_pinned_ || has_joined_) return;
    has_joined_ = true;
    PinTeam(first_cpu_);
  }

 private:
  int size_;
  bool is_pinned_;
  int first_cpu_;
  bool has_joined_ = false;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_TEAM_H_
