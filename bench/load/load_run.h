// One load on one server, from the first call to the last answer.
#ifndef PARLEY_BENCH_LOAD_LOAD_RUN_H_
#define PARLEY_BENCH_LOAD_LOAD_RUN_H_

#include <cstdint>
#include <limits>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "bench/load/alarms.h"
#include "bench/load/connections.h"
#include "bench/load/report.h"
#include "bench/load/workload.h"

namespace parley::load {

struct LoadOptions {
  // Open loop: calls come at this rate, whatever becomes of them. 0: closed
  // loop, `num_in_flight` calls at a time, the next when one is over.
  double calls_per_second = 0;
  int num_in_flight = 32;
  // In a closed loop, how long a caller waits after a call that failed or was
  // refused: what is asked again at once only keeps a server from its work.
  absl::Duration pause = absl::Milliseconds(100);
  // No call is sent after so long, nor after so many texts.
  absl::Duration duration = absl::InfiniteDuration();
  int64_t max_texts = std::numeric_limits<int64_t>::max();
  // Of each call, since it was due.
  absl::Duration deadline = absl::Seconds(30);
  uint64_t seed = 1;  // Of the arrivals.
};

// What all calls so far have brought.
struct Progress {
  int64_t num_texts = 0;
  int64_t num_source_tokens = 0;
  absl::Duration time;  // Since the start.
};

class LoadRun {
 public:
  // `workload` and `connections` must outlive it.
  LoadRun(const LoadOptions& options, Workload* workload,
          Connections* connections);

  // Sends all calls, waits for all answers, and returns them in the order in
  // which they came. Once.
  std::vector<CallRecord> Run();

  // Any thread.
  Progress progress() const;

 private:
  void SendOpen();
  void SendClosed();
  // The next call, if there is one more to be sent: it counts as under way.
  bool TakeNext(CallPlan* plan);
  // Of a closed loop, in place of a call that is over.
  void SendNext();
  void Send(const CallPlan& plan, absl::Duration scheduled);
  void Finish(CallRecord record, const Answer& answer);
  absl::Duration Elapsed() const;

  const LoadOptions options_;
  Workload* const workload_ ABSL_PT_GUARDED_BY(mutex_);
  Connections* const connections_;
  absl::Time start_;
  mutable absl::Mutex mutex_;
  std::vector<CallRecord> records_ ABSL_GUARDED_BY(mutex_);
  Progress progress_ ABSL_GUARDED_BY(mutex_);
  int64_t num_texts_left_ ABSL_GUARDED_BY(mutex_);
  int64_t num_under_way_ ABSL_GUARDED_BY(mutex_) = 0;
  Alarms alarms_;  // Its thread ends before the rest does.
};

}  // namespace parley::load

#endif  // PARLEY_BENCH_LOAD_LOAD_RUN_H_
