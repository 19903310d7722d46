#include "server/rpc/trace_context.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "server/rpc/random_hex.h"

namespace parley {
namespace {

// 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01
constexpr size_t kVersionDigits = 2;
constexpr size_t kTraceIdDigits = 32;
constexpr size_t kSpanIdDigits = 16;
constexpr size_t kFlagsDigits = 2;
constexpr size_t kHeaderBytes =
    kVersionDigits + kTraceIdDigits + kSpanIdDigits + kFlagsDigits + 3;

bool IsLowerHex(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

bool IsZero(absl::string_view text) {
  return text.find_first_not_of('0') == absl::string_view::npos;
}

// Takes a field of so many digits, and the dash after it unless it is the last.
bool TakeField(size_t num_digits, absl::string_view* rest,
               absl::string_view* field) {
  *field = rest->substr(0, num_digits);
  if (field->size() != num_digits || !IsLowerHex(*field)) return false;
  rest->remove_prefix(num_digits);
  if (rest->empty()) return true;
  if (rest->front() != '-') return false;
  rest->remove_prefix(1);
  return true;
}

}  // namespace

std::optional<TraceContext> ParseTraceparent(absl::string_view header) {
  if (header.size() < kHeaderBytes) return std::nullopt;
  absl::string_view rest = header;
  absl::string_view version;
  absl::string_view trace_id;
  absl::string_view span_id;
  absl::string_view flags;
  const bool is_well_formed = TakeField(kVersionDigits, &rest, &version) &&
                              TakeField(kTraceIdDigits, &rest, &trace_id) &&
                              TakeField(kSpanIdDigits, &rest, &span_id) &&
                              TakeField(kFlagsDigits, &rest, &flags);
  if (!is_well_formed || version == "ff") return std::nullopt;
  // Later versions may add fields; this one has none.
  if (version == "00" && header.size() != kHeaderBytes) return std::nullopt;
  if (IsZero(trace_id) || IsZero(span_id)) return std::nullopt;
  const bool is_sampled = (absl::HexStringToBytes(flags)[0] & 1) != 0;
  return TraceContext{.trace_id = std::string(trace_id),
                      .span_id = std::string(span_id),
                      .is_sampled = is_sampled};
}

TraceContext StartSpan(const TraceContext& parent) {
  TraceContext child = parent;
  child.span_id = RandomHex(kSpanIdDigits / 2);
  return child;
}

std::string ToTraceparent(const TraceContext& context) {
  return absl::StrCat("00-", context.trace_id, "-", context.span_id, "-",
                      context.is_sampled ? "01" : "00");
}

}  // namespace parley
