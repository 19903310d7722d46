// The client's end of TranslateStream.
#ifndef PARLEY_CLIENT_DELTA_READER_H_
#define PARLEY_CLIENT_DELTA_READER_H_

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "client/retrying_call.h"
#include "parley/v1/translation.grpc.pb.h"
#include "parley/v1/translation.pb.h"

namespace parley::client {

// What one call has told, over all its attempts: an attempt after the first
// begins anew, and what it tells again is passed over. One thread at a time.
class DeltaLedger {
 public:
  using Tell = std::function<void(const parley::v1::TranslateDelta&)>;

  explicit DeltaLedger(Tell tell) : tell_(std::move(tell)) {}

  void BeginAttempt();
  // Tells what is new in `delta`. ABORTED where the attempt before had told
  // something else, as it may where tokens are drawn without a seed.
  absl::Status Add(parley::v1::TranslateDelta delta);

 private:
  struct Text {
    std::string told;
    int num_ids_told = 0;
    bool ended = false;
    // Of this attempt, which has told the start of `told`.
    size_t seen_bytes = 0;
    int num_ids_seen = 0;
  };

  const Tell tell_;
  std::map<int, Text> texts_;
};

// TranslateStream as a method with one answer, for all attempts of one call:
// each reads a stream to its end, telling what is new in its deltas on gRPC's
// threads, and leaves the stream's response. UNKNOWN where a stream ends well
// without one.
std::function<void(grpc::ClientContext*, const parley::v1::TranslateRequest*,
                   parley::v1::TranslateResponse*, RetryingCall::AttemptDone)>
ReadDeltas(parley::v1::TranslationService::StubInterface::async_interface* stub,
           DeltaLedger::Tell tell);

}  // namespace parley::client

#endif  // PARLEY_CLIENT_DELTA_READER_H_
