// The OpenMP team of the calling thread, and loops split over it.
#ifndef PARLEY_ENGINE_LAYERS_THREAD_TEAM_H_
#define PARLEY_ENGINE_LAYERS_THREAD_TEAM_H_

#include <omp.h>

#include <cstdint>

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

// Inside a loop of the team: which of its threads this is, from 0.
inline int TeamThread() { return omp_get_thread_num(); }

// Rows that are worth a second thread: starting a loop on the team costs as
// much as a few rows of a norm or of attention to a short history.
inline constexpr int64_t kMinRowsForTeam = 8;

// Calls body(i) for i from 0 to count - 1, each once, in no given order, on the
// team's threads; in equal shares, neighbours on one thread. For items of equal
// work.
template <int64_t kMinForTeam = 2, typename Body>
void ForEachEqualItem(int64_t count, const Body& body) {
#pragma omp parallel for schedule(static) if (count >= kMinForTeam)
  for (int64_t i = 0; i < count; ++i) body(i);
}

// The same for work of about a microsecond a row.
template <typename Body>
void ForEachRow(int64_t count, const Body& body) {
  ForEachEqualItem<kMinRowsForTeam>(count, body);
}

// The same for items that may differ in work: a thread takes one when it is
// free.
template <typename Body>
void ForEachItem(int64_t count, const Body& body) {
#pragma omp parallel for schedule(static) if (count > 1)
  for (int64_t i = 0; i < count; ++i) body(i);
}

}  // namespace parley

#endif  // PARLEY_ENGINE_LAYERS_THREAD_TEAM_H_
