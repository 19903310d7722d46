#include "server/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace parley {
namespace {

// Empty where the file cannot be read.
std::string ReadSmallFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Where a hierarchy of cgroups that can limit CPUs is mounted, and which of
// its folders stands for this process.
struct Hierarchy {
  bool v2 = false;
  std::string mount_point;  // "/sys/fs/cgroup/cpu"
  std::string mount_root;   // The cgroup that is mounted there, mostly "/".
  std::string cgroup;       // This process's, from the hierarchy's top.
};

bool ListsCpu(absl::string_view options) {
  const std::vector<absl::string_view> names = absl::StrSplit(options, ',');
  return std::find(names.begin(), names.end(), "cpu") != names.end();
}

// Lines of /proc/self/mountinfo (man 5 proc_pid_mountinfo): "31 23 0:28 ROOT
// MOUNT_POINT options [more ...] - TYPE SOURCE SUPER_OPTIONS".
std::vector<Hierarchy> FindHierarchies(absl::string_view mountinfo) {
  std::vector<Hierarchy> hierarchies;
  for (absl::string_view line : absl::StrSplit(mountinfo, '\n')) {
    const std::vector<absl::string_view> halves =
        absl::StrSplit(line, absl::MaxSplits(" - ", 1));
    if (halves.size() != 2) continue;
    const std::vector<absl::string_view> mount = absl::StrSplit(halves[0], ' ');
    const std::vector<absl::string_view> type = absl::StrSplit(halves[1], ' ');
    if (mount.size() < 5 || type.size() < 3) continue;
    const bool v2 = type[0] == "cgroup2";
    if (!v2 && !(type[0] == "cgroup" && ListsCpu(type[2]))) continue;
    hierarchies.push_back({.v2 = v2,
                           .mount_point = std::string(mount[4]),
                           .mount_root = std::string(mount[3])});
  }
  return hierarchies;
}

// Lines of /proc/self/cgroup (man 7 cgroups): "4:cpu,cpuacct:/a/b", and
// "0::/a/b" for version 2.
std::string FindCgroup(absl::string_view cgroups, bool v2) {
  for (absl::string_view line : absl::StrSplit(cgroups, '\n')) {
    const std::vector<absl::string_view> fields =
        absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() != 3) continue;
    if (v2 ? fields[0] == "0" && fields[1].empty() : ListsCpu(fields[1])) {
      return std::string(fields[2]);
    }
  }
  return "/";
}

// The quota that stands in one cgroup's own files.
std::optional<double> ReadQuota(const std::string& folder, bool v2) {
  double quota = 0;
  double period = 0;
  if (v2) {
    // "150000 100000" (microseconds), or "max 100000".
    const std::string text = ReadSmallFile(absl::StrCat(folder, "/cpu.max"));
    const std::vector<absl::string_view> fields = absl::StrSplit(
        absl::StripAsciiWhitespace(text), absl::MaxSplits(' ', 1));
    if (fields.size() != 2 || !absl::SimpleAtod(fields[0], &quota) ||
        !absl::SimpleAtod(fields[1], &period)) {
      return std::nullopt;
    }
  } else if (!absl::SimpleAtod(
                 ReadSmallFile(absl::StrCat(folder, "/cpu.cfs_quota_us")),
                 &quota) ||
             !absl::SimpleAtod(
                 ReadSmallFile(absl::StrCat(folder, "/cpu.cfs_period_us")),
                 &period)) {
    return std::nullopt;
  }
  if (!(quota > 0) || !(period > 0)) return std::nullopt;  // -1: no quota.
  return quota / period;
}

void TakeSmaller(std::optional<double> quota, std::optional<double>* smallest) {
  if (!quota.has_value()) return;
  *smallest = std::min(quota.value(), smallest->value_or(*quota));
}

// The smallest quota from this process's cgroup up to the mounted top.
std::optional<double> SmallestQuota(const std::string& root,
                                    const Hierarchy& hierarchy) {
  // Without a cgroup namespace, /proc/self/cgroup counts from the host's top
  // while only a part of it is mounted.
  absl::string_view below = hierarchy.cgroup;
  if (hierarchy.mount_root != "/" &&
      !absl::ConsumePrefix(&below, hierarchy.mount_root)) {
    below = "";
  }
  std::optional<double> smallest;
  while (true) {
    below = absl::StripSuffix(below, "/");
    TakeSmaller(ReadQuota(absl::StrCat(root, hierarchy.mount_point, below),
                          hierarchy.v2),
                &smallest);
    const size_t slash = below.rfind('/');
    if (slash == absl::string_view::npos) return smallest;
    below = below.substr(0, slash);
  }
}

int AffinityCpuCount() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
  // A machine with more CPUs than the set has room for.
  return static_cast<int>(std::thread::hardware_concurrency());
}

}  // namespace

std::optional<double> CgroupCpuQuota(const std::string& root) {
  const std::string cgroups = ReadSmallFile(root + "/proc/self/cgroup");
  std::optional<double> smallest;
  for (Hierarchy& hierarchy :
       FindHierarchies(ReadSmallFile(root + "/proc/self/mountinfo"))) {
    hierarchy.cgroup = FindCgroup(cgroups, hierarchy.v2);
    TakeSmaller(SmallestQuota(root, hierarchy), &smallest);
  }
  return smallest;
}

int UsableCpuCount() {
  int count = std::max(1, AffinityCpuCount());
  if (const std::optional<double> quota = CgroupCpuQuota("");
      quota.has_value() && *quota < count) {
    count = std::max(1, static_cast<int>(std::floor(*quota)));
  }
  return count;
}

}  // namespace parley
