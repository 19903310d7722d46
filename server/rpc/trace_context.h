// W3C Trace Context (https://www.w3.org/TR/trace-context/): which trace a call
// is part of.
#ifndef PARLEY_SERVER_RPC_TRACE_CONTEXT_H_
#define PARLEY_SERVER_RPC_TRACE_CONTEXT_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace parley {

struct TraceContext {
  std::string trace_id;  // 32 lower-case hexadecimal digits.
  std::string span_id;   // 16; "parent-id" in a header.
  bool is_sampled = false;
};

// Reads the header `traceparent`, of version 00 or a later one, as the
// specification has it. Unset where it is not valid.
std::optional<TraceContext> ParseTraceparent(absl::string_view header);

// A span of our own in the trace of `parent`.
TraceContext StartSpan(const TraceContext& parent);

// As a header of version 00.
std::string ToTraceparent(const TraceContext& context);

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_TRACE_CONTEXT_H_
