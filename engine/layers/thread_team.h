// The size of the calling thread's OpenMP team, and where it runs.
#ifndef PARLEY_ENGINE_LAYERS_THREAD_TEAM_H_
#define PARLEY_ENGINE_LAYERS_THREAD_TEAM_H_

#include <omp.h>

namespace parley {

// Sets how many threads work on what the calling thread computes from now on.
// Weights are to be loaded with the number that will compute with them: their
// products are prepared for it. REQUIRES: num_threads > 0
inline void SetTeamSize(int num_threads) { omp_set_num_threads(num_threads); }

// Binds each thread of the calling thread's team, itself among them, to one of
// the CPUs that the process may use, from number `first_cpu` of these on;
// leaves them as they are, with a warning, where these are fewer.
void PinTeam(int first_cpu);

inline int TeamSize() { return omp_get_max_threads(); }

}  // namespace parley

#endif  // PARLEY_ENGINE_LAYERS_THREAD_TEAM_H_
