#include "engine/layers/thread_team.h"

#include <sched.h>

#include <vector>

#include "base/log.h"

namespace parley {

void PinTeam(int first_cpu) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return;
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
  }
  const int last_cpu = first_cpu + TeamSize() - 1;
  if (static_cast<size_t>(last_cpu) >= cpus.size()) {
    PARLEY_LOG(kWarning) << "threads are not pinned: " << last_cpu + 1
                         << " are to compute, on " << cpus.size() << " CPUs";
    return;
  }
#pragma omp parallel
  {
    cpu_set_t own;
    CPU_ZERO(&own);
    CPU_SET(cpus[first_cpu + omp_get_thread_num()], &own);
    sched_setaffinity(0, sizeof(own), &own);
  }
}

}  // namespace parley
