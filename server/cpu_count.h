// How many CPUs this process may use: not the machine's number, where a
// container or an affinity mask allows less.
#ifndef PARLEY_SERVER_CPU_COUNT_H_
#define PARLEY_SERVER_CPU_COUNT_H_

#include <optional>
#include <string>

namespace parley {

// The CPU quota of this process's cgroup and of those around it, in CPUs (1.5
// is one and a half); nothing where there is none or none can be read. Knows
// versions 1 and 2. `root` stands before the paths that are read
// ("/proc/self/cgroup", ...), for tests.
std::optional<double> CgroupCpuQuota(const std::string& root);

// The affinity mask's CPUs, or the quota's whole CPUs where those are fewer;
// at least 1.
int UsableCpuCount();

}  // namespace parley

#endif  // PARLEY_SERVER_CPU_COUNT_H_
