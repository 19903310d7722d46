// What the system says of this process, under the names that Prometheus gives
// such metrics everywhere.
#ifndef PARLEY_SERVER_METRICS_PROCESS_METRICS_H_
#define PARLEY_SERVER_METRICS_PROCESS_METRICS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace parley {

struct ProcessMetric {
  std::string name;
  std::string help;
  bool is_counter = false;  // Else a gauge.
  double value = 0;
};

// From /proc; what cannot be read there is left out. Any thread.
std::vector<ProcessMetric> ReadProcessMetrics();

// What a stat file of /proc says (see proc(5)).
struct ProcessStat {
  double cpu_ticks = 0;  // User and system.
  double num_threads = 0;
  double start_ticks = 0;  // Since the machine started.
  double virtual_bytes = 0;
  double resident_pages = 0;
};

// False where `text` is no such file.
bool ParseProcessStat(absl::string_view text, ProcessStat* stat);

}  // namespace parley

#endif  // PARLEY_SERVER_METRICS_PROCESS_METRICS_H_
