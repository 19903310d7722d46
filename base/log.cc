#include "base/log.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/log_event.h"

namespace parley {
namespace {

std::atomic<LogSeverity> min_severity{LogSeverity::kInfo};

const char* Basename(const char* path) {
  const char* slash = std::strrchr(path, '/');
  return slash == nullptr ? path : slash + 1;
}

}  // namespace

void SetMinLogSeverity(LogSeverity severity) { min_severity = severity; }

bool IsLogged(LogSeverity severity) { return severity >= min_severity; }

namespace log_internal {

LogLine::LogLine(LogSeverity severity, const char* file, int line)
    : severity_(severity), source_(absl::StrCat(Basename(file), ":", line)) {}

LogLine::~LogLine() {
  if (IsLogged(severity_)) {
    const std::string message = stream_.str();
    WriteLine({.time = absl::Now(),
               .severity = severity_,
               .source = source_,
               .message = message});
  }
  if (severity_ == LogSeverity::kFatal) std::abort();
}

}  // namespace log_internal
}  // namespace parley
