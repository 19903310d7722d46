// Settings of OpenMP's runtime that it reads only when it is loaded.
#ifndef PARLEY_SERVER_OPENMP_ENVIRONMENT_H_
#define PARLEY_SERVER_OPENMP_ENVIRONMENT_H_

namespace parley {

// How long a thread of a team spins before it sleeps: about a tenth of a
// millisecond. Within a step the next loop comes sooner; libgomp's own default
// of 300,000 burns some 15 ms of a CPU after each step, and where another
// process wants that CPU, every barrier waits as long.
inline constexpr char kSpinCount[] = "2000";

// Sets GOMP_SPINCOUNT and starts this program anew with the same arguments;
// returns where the environment sets it, or OMP_WAIT_POLICY, already, or where
// the program cannot be started anew (then libgomp's default holds).
// REQUIRES: no thread has been started; argv ends in a null pointer.
void RestartWithOpenMpSettings(char** argv);

}  // namespace parley

#endif  // PARLEY_SERVER_OPENMP_ENVIRONMENT_H_
