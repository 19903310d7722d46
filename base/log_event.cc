#include "base/log_event.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "base/utf8.h"

namespace parley {
namespace {

std::atomic<LogFormat> log_format{LogFormat::kText};

const char* SeverityName(LogSeverity severity) {
  switch (severity) {
    case LogSeverity::kInfo:
      return "INFO";
    case LogSeverity::kWarning:
      return "WARNING";
    case LogSeverity::kError:
      return "ERROR";
    case LogSeverity::kFatal:
      break;
  }
  return "FATAL";
}

void AppendTime(absl::Time time, std::string* out) {
  absl::StrAppend(
      out, absl::FormatTime("%Y-%m-%dT%H:%M:%E6SZ", time, absl::UTCTimeZone()));
}

// JSON knows neither infinity nor NaN.
std::string NumberText(double value) {
  return std::isfinite(value) ? absl::StrCat(value) : "null";
}

// Quoted where a reader could not tell where the value ends.
void AppendTextValue(absl::string_view value, std::string* out) {
  const bool is_plain =
      !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
        return c > ' ' && c < 0x7F && c != '"' && c != '=' && c != '\\';
      });
  if (is_plain) {
    absl::StrAppend(out, value);
  } else {
    AppendJsonString(value, out);
  }
}

// `append_text` has the form's way of writing text.
void AppendValue(const LogField& field,
                 void (*append_text)(absl::string_view text, std::string* out),
                 std::string* out) {
  if (const auto* text = std::get_if<absl::string_view>(&field.value)) {
    append_text(*text, out);
  } else if (const auto* number = std::get_if<int64_t>(&field.value)) {
    absl::StrAppend(out, *number);
  } else {
    absl::StrAppend(out, NumberText(std::get<double>(field.value)));
  }
}

std::string FormatText(const log_internal::Line& line) {
  std::string out;
  AppendTime(line.time, &out);
  absl::StrAppend(&out, " ",
                  std::string(1, "IWEF"[static_cast<int>(line.severity)]), " ");
  if (!line.source.empty()) absl::StrAppend(&out, line.source, " ");
  absl::StrAppend(&out, line.message);
  for (const LogField& field : line.fields) {
    absl::StrAppend(&out, " ", field.name, "=");
    AppendValue(field, &AppendTextValue, &out);
  }
  return out;
}

void AppendJsonField(const LogField& field, std::string* out) {
  absl::StrAppend(out, ",\"", field.name, "\":");
  AppendValue(field, &AppendJsonString, out);
}

std::string FormatJson(const log_internal::Line& line) {
  std::string out = "{\"time\":\"";
  AppendTime(line.time, &out);
  absl::StrAppend(&out, "\",\"severity\":\"", SeverityName(line.severity),
                  "\"");
  AppendJsonField({"message", line.message}, &out);
  if (!line.source.empty()) AppendJsonField({"source", line.source}, &out);
  for (const LogField& field : line.fields) AppendJsonField(field, &out);
  out += '}';
  return out;
}

}  // namespace

void SetLogFormat(LogFormat format) { log_format = format; }

LogFormat GetLogFormat() { return log_format; }

void AppendJsonString(absl::string_view text, std::string* out) {
  const bool is_valid = ValidUtf8PrefixBytes(text) == text.size();
  const std::string made_valid = is_valid ? "" : MakeValidUtf8(text);
  *out += '"';
  for (const char c : is_valid ? text : absl::string_view(made_valid)) {
    if (c == '"' || c == '\\') {
      *out += '\\';
      *out += c;
    } else if (c == '\n') {
      *out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(out, "\\u%04x", static_cast<unsigned char>(c));
    } else {
      *out += c;
    }
  }
  *out += '"';
}

void LogEvent(LogSeverity severity, absl::string_view message,
              absl::Span<const LogField> fields) {
  if (!IsLogged(severity)) return;
  log_internal::WriteLine({.time = absl::Now(),
                           .severity = severity,
                           .message = message,
                           .fields = fields});
}

void LogEvent(LogSeverity severity, absl::string_view message,
              std::initializer_list<LogField> fields) {
  LogEvent(severity, message,
           absl::Span<const LogField>(fields.begin(), fields.size()));
}

namespace log_internal {

std::string FormatLine(LogFormat format, const Line& line) {
  return format == LogFormat::kJson ? FormatJson(line) : FormatText(line);
}

void WriteLine(const Line& line) {
  std::string text = FormatLine(log_format, line);
  text += '\n';
  // Nothing can be done about a standard error that does not take lines.
  [[maybe_unused]] const ssize_t written =
      ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace log_internal
}  // namespace parley
