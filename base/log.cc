#include "base/log.h"

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace parley {
namespace {

std::atomic<LogSeverity> min_severity{LogSeverity::kInfo};

const char* Basename(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return slash == nullptr ? path : slash + 1;
}

}  // namespace

void SetMinLogSeverity(LogSeverity severity) { min_severity = severity; }

namespace log_internal {

LogLine::LogLine(LogSeverity severity, const char* file, int line)
    : severity_(severity) {
  stream_ << absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", absl::Now(),
                              absl::UTCTimeZone())
          << ' ' << "IWEF"[static_cast<int>(severity)] << ' ' << Basename(file)
          << ':' << line << ' ';
}

LogLine::~LogLine() {
  if (severity_ >= min_severity) {
    const std::string line = absl::StrCat(stream_.str(), "\n");
    // Nothing can be done about a standard error that does not take lines.
    [[maybe_unused]] const ssize_t written =
        ::write(STDERR_FILENO, line.data(), line.size());
  }
  if (severity_ == LogSeverity::kFatal) std::abort();
}

}  // namespace log_internal
}  // namespace parley
