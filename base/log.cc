#include "base/log.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string>

#include "absl/strings/string_view.h"
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

// The stream begins with the place, which holds no space; the rest is the
// message.
LogLine::LogLine(LogSeverity severity, const char* file, int line)
    : severity_(severity) {
  stream_ << Basename(file) << ':' << line << ' ';
}

LogLine::~LogLine() {
  if (IsLogged(severity_)) {
    const std::string text = stream_.str();
    const size_t space = text.find(' ');
    WriteLine({.time = absl::Now(),
               .severity = severity_,
               .source = absl::string_view(text).substr(0, space),
               .message = absl::string_view(text).substr(space + 1)});
  }
  if (severity_ == LogSeverity::kFatal) std::abort();
}

}  // namespace log_internal
}  // namespace parley
