// What is told of a call when it ends: counts, times, and a line of the log.
#ifndef PARLEY_SERVER_RPC_CALL_RECORD_H_
#define PARLEY_SERVER_RPC_CALL_RECORD_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/metrics/metrics.h"
#include "server/pipeline/call.h"
#include "server/rpc/call_identity.h"

namespace parley {

// Whom calls are told to.
struct CallReporting {
  Metrics* metrics = nullptr;  // Null: nobody counts.
  bool log_calls = false;
};

// What a call has taken.
struct CallWork {
  int64_t source_tokens = 0;
  std::optional<CallTiming> timing;  // Unset for methods without an engine.
};

// One call, from when it is made: it has begun then. Nothing of what users
// write is kept or told. Thread-safe.
class CallRecord {
 public:
  // `method` must outlive the record.
  CallRecord(const CallReporting& reporting, absl::string_view method,
             CallIdentity identity);
  // Ends it with UNKNOWN, where nobody has.
  ~CallRecord();
  CallRecord(const CallRecord&) = delete;
  CallRecord& operator=(const CallRecord&) = delete;

  // Each is told where it is known when the call ends. `name` is that of a
  // model that is served.
  void SetModel(absl::string_view name, absl::string_view version);
  void SetNumItems(int64_t num_items);
  void SetWork(const CallWork& work);

  // What it was answered with, before it is. Only the first counts.
  void End(const absl::Status& status);

 private:
  struct Facts {
    std::string model;
    std::string version;
    std::optional<int64_t> num_items;
    std::optional<CallWork> work;
  };

  void Log(const Facts& facts, const absl::Status& status,
           absl::Duration duration) const;

  const CallReporting reporting_;
  const absl::string_view method_;
  const CallIdentity identity_;
  const absl::Time begin_;

  absl::Mutex mutex_;
  Facts facts_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

// A stream of many calls: each request on it is one, under the stream's own
// identity. Thread-safe.
class StreamRecord {
 public:
  // As CallRecord.
  StreamRecord(const CallReporting& reporting, absl::string_view method,
               CallIdentity identity);
  ~StreamRecord();
  StreamRecord(const StreamRecord&) = delete;
  StreamRecord& operator=(const StreamRecord&) = delete;

  // A request has been read.
  std::shared_ptr<CallRecord> StartCall();

  // As CallRecord's.
  void End(const absl::Status& status);

 private:
  const CallReporting reporting_;
  const absl::string_view method_;
  const CallIdentity identity_;
  const absl::Time begin_;

  absl::Mutex mutex_;
  int64_t num_calls_ ABSL_GUARDED_BY(mutex_) = 0;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_CALL_RECORD_H_
