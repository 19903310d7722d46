// Log lines on standard error, and checks of our own invariants.
//
//   PARLEY_LOG(kInfo) << "loaded " << name;
//   PARLEY_CHECK(rows <= capacity) << rows;
//
// A line is "2026-01-31T12:00:00.123456Z I file.cc:12 text" (base/log_event.h
// has JSON, too), written whole, so lines of several threads do not mix.
// PARLEY_CHECK is for broken invariants of this program only, never for input,
// files or peers: it ends the process.
#ifndef PARLEY_BASE_LOG_H_
#define PARLEY_BASE_LOG_H_

#include <sstream>
#include <string>

namespace parley {

enum class LogSeverity { kInfo, kWarning, kError, kFatal };

// Lines below `severity` are dropped. The default is kInfo. Any thread.
void SetMinLogSeverity(LogSeverity severity);

// Whether lines of `severity` are written: for those that are dear to make.
bool IsLogged(LogSeverity severity);

namespace log_internal {

// Collects one line and writes it when destroyed.
class LogLine {
 public:
  LogLine(LogSeverity severity, const char* file, int line);
  ~LogLine();  // kFatal: ends the process.
  LogLine(const LogLine&) = delete;
  LogLine& operator=(const LogLine&) = delete;

  std::ostream& stream() { return stream_; }

 private:
  const LogSeverity severity_;
  const std::string source_;  // "file.cc:12".
  std::ostringstream stream_;
};

// Turns the stream expression of a passed check into void.
struct Voidify {
  void operator&(std::ostream&) const {}
};

}  // namespace log_internal
}  // namespace parley

#define PARLEY_LOG(severity)                                                 \
  ::parley::log_internal::LogLine(::parley::LogSeverity::severity, __FILE__, \
                                  __LINE__)                                  \
      .stream()

#define PARLEY_CHECK(condition)                     \
  (condition) ? static_cast<void>(0)                \
              : ::parley::log_internal::Voidify() & \
                    PARLEY_LOG(kFatal) << "check failed: " #condition " "

#endif  // PARLEY_BASE_LOG_H_
