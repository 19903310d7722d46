// Log lines with named fields, and the form in which all lines are written.
//
//   LogEvent(LogSeverity::kInfo, "call",
//            {{"method", "Translate"}, {"texts", 3}, {"seconds", 0.25}});
//
// As text, a line is that of base/log.h, fields after the message:
//
//   2026-01-31T12:00:00.123456Z I call method=Translate texts=3 seconds=0.25
//
// As JSON, each line, those of PARLEY_LOG too, is one object:
//
//   {"time":"2026-01-31T12:00:00.123456Z","severity":"INFO","message":"call",
//    "method":"Translate","texts":3,"seconds":0.25}
//
// with "source":"file.cc:12" in those of PARLEY_LOG. Times are RFC 3339, UTC.
// Any thread.
#ifndef PARLEY_BASE_LOG_EVENT_H_
#define PARLEY_BASE_LOG_EVENT_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "base/log.h"

namespace parley {

enum class LogFormat { kText, kJson };

// The default is kText.
void SetLogFormat(LogFormat format);
LogFormat GetLogFormat();

struct LogField {
  absl::string_view name;  // Lower case and underscores.
  std::variant<absl::string_view, int64_t, double> value;
};

// Writes a line, whole by one call, unless `severity` is below the minimum.
// Values may hold any bytes: what is no UTF-8 is replaced.
void LogEvent(LogSeverity severity, absl::string_view message,
              absl::Span<const LogField> fields);
void LogEvent(LogSeverity severity, absl::string_view message,
              std::initializer_list<LogField> fields);

// Appends `text` as a JSON string, with its quotes.
void AppendJsonString(absl::string_view text, std::string* out);

namespace log_internal {

struct Line {
  absl::Time time;
  LogSeverity severity = LogSeverity::kInfo;
  absl::string_view source;  // "file.cc:12"; may be empty.
  absl::string_view message;
  absl::Span<const LogField> fields;
};

// Without a line break.
std::string FormatLine(LogFormat format, const Line& line);

// In the form that SetLogFormat has set.
void WriteLine(const Line& line);

}  // namespace log_internal
}  // namespace parley

#endif  // PARLEY_BASE_LOG_EVENT_H_
