#include "server/metrics/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace parley {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// When the machine started, in seconds of Unix time.
std::optional<double> BootTime() {
  const std::string text = ReadFile("/proc/stat");
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    double seconds = 0;
    if (absl::ConsumePrefix(&line, "btime ") &&
        absl::SimpleAtod(line, &seconds)) {
      return seconds;
    }
  }
  return std::nullopt;
}

std::optional<double> CountOpenFiles() {
  DIR* const folder = ::opendir("/proc/self/fd");
  if (folder == nullptr) return std::nullopt;
  absl::Cleanup closer = [folder] { ::closedir(folder); };
  double count = 0;
  while (const dirent* entry = ::readdir(folder)) {
    if (entry->d_name[0] != '.') ++count;
  }
  return count - 1;  // But for the folder itself.
}

void AddStat(const ProcessStat& stat, std::vector<ProcessMetric>* metrics) {
  const double ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  metrics->push_back({.name = "process_cpu_seconds_total",
                      .help = "CPU time of this process, user and system.",
                      .is_counter = true,
                      .value = stat.cpu_ticks / ticks_per_second});
  metrics->push_back({.name = "process_virtual_memory_bytes",
                      .help = "Virtual memory of this process.",
                      .value = stat.virtual_bytes});
  metrics->push_back({.name = "process_resident_memory_bytes",
                      .help = "Resident memory of this process.",
                      .value = stat.resident_pages *
                               static_cast<double>(::sysconf(_SC_PAGESIZE))});
  metrics->push_back({.name = "process_threads",
                      .help = "Threads of this process.",
                      .value = stat.num_threads});
  if (const std::optional<double> boot = BootTime()) {
    metrics->push_back({.name = "process_start_time_seconds",
                        .help = "When this process started, in Unix time.",
                        .value = *boot + stat.start_ticks / ticks_per_second});
  }
}

}  // namespace

bool ParseProcessStat(absl::string_view text, ProcessStat* stat) {
  // The second field is the program's name in brackets, and may hold anything.
  const size_t name_end = text.rfind(") ");
  if (name_end == absl::string_view::npos) return false;
  const std::vector<absl::string_view> fields =
      absl::StrSplit(text.substr(name_end + 2), absl::ByAnyChar(" \n"));
  constexpr size_t kFirstField = 3;  // Of `fields`, as proc(5) counts.
  const auto read = [&fields](size_t number, double* value) {
    const size_t index = number - kFirstField;
    return index < fields.size() && absl::SimpleAtod(fields[index], value);
  };
  double user = 0;
  double system = 0;
  const bool is_complete =
      read(14, &user) && read(15, &system) && read(20, &stat->num_threads) &&
      read(22, &stat->start_ticks) && read(23, &stat->virtual_bytes) &&
      read(24, &stat->resident_pages);
  stat->cpu_ticks = user + system;
  return is_complete;
}

std::vector<ProcessMetric> ReadProcessMetrics() {
  std::vector<ProcessMetric> metrics;
  ProcessStat stat;
  if (ParseProcessStat(ReadFile("/proc/self/stat"), &stat)) {
    AddStat(stat, &metrics);
  }
  if (const std::optional<double> open = CountOpenFiles()) {
    metrics.push_back({.name = "process_open_fds",
                       .help = "File descriptors that are open.",
                       .value = *open});
  }
  rlimit limit = {};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    metrics.push_back({.name = "process_max_fds",
                       .help = "File descriptors that may be open.",
                       .value = static_cast<double>(limit.rlim_cur)});
  }
  return metrics;
}

}  // namespace parley
