// What became of calls, and what that says of a server.
#ifndef PARLEY_BENCH_LOAD_REPORT_H_
#define PARLEY_BENCH_LOAD_REPORT_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "bench/load/texts.h"
#include "nlohmann/json.hpp"

namespace parley::load {

// What a server says of a call, and what it has brought.
struct Answer {
  // Of the call; where that is OK, of the first text that failed.
  absl::StatusCode code = absl::StatusCode::kOk;
  int64_t num_texts = 0;  // Answered; those that failed are not.
  int64_t num_source_tokens = 0;
  int64_t num_target_tokens = 0;  // Only with return_tokens.
  // As the server has measured them.
  absl::Duration queue_time;
  absl::Duration compute_time;
};

// A call that is over. Times are since the start of the load.
struct CallRecord {
  TextKind kind = TextKind::kLine;  // Of its first text.
  bool was_cancelled = false;       // By us, before it was over.
  // When it was due. In a closed loop that is when it was sent.
  absl::Duration scheduled;
  absl::Duration sent;
  absl::Duration done;
  Answer answer;
};

struct ReportOptions {
  // The measured part of the load, end excluded.
  absl::Duration begin;
  absl::Duration end;
  // An answer that comes later is worth nothing.
  absl::Duration deadline = absl::InfiniteDuration();
  // A call that was sent so long after it was due says that this program, or
  // its machine, was too slow.
  absl::Duration late_start = absl::Milliseconds(20);
};

// Counts and latencies are of the calls that were due in the measured part.
// Latency counts from when a call was due, not from when it was sent: a
// generator that is held up by the server it measures would leave out just
// the calls that would have waited longest. Goodput is what came back in the
// measured part, in time.
nlohmann::ordered_json MakeReport(absl::Span<const CallRecord> records,
                                  const ReportOptions& options);

}  // namespace parley::load

#endif  // PARLEY_BENCH_LOAD_REPORT_H_
