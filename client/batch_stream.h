// Many Translate calls on one stream, TranslateBatchStream.
#ifndef PARLEY_CLIENT_BATCH_STREAM_H_
#define PARLEY_CLIENT_BATCH_STREAM_H_

#include <functional>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/retry_policy.h"
#include "parley/v1/translation.grpc.pb.h"
#include "parley/v1/translation.pb.h"

namespace parley::client {

// Sends calls on a stream that is opened with the first of them, in their
// order, and takes answers as they come to be done.
//
// - A stream that ends with UNAVAILABLE (or OK) is opened anew, as RetryOptions
//   have it, and what was not answered is sent again, the oldest first. Its
//   attempts count from the last answer.
// - A call that is answered with a status worth another try is sent again.
// - Where a stream ends otherwise, nobody can tell which of its calls is to
//   blame: each is then made by itself, with call_alone. So are all calls from
//   then on where the server has no such streams (UNIMPLEMENTED).
//
// Threads: any, but the destructor not from a callback; callbacks run once each
// on threads of gRPC's, or on that of the destructor, which ends what is under
// way with CANCELLED.
// Errors: as those of Client.
class BatchStream {
 public:
  using Stub = parley::v1::TranslationService::StubInterface::async_interface;
  using Callback =
      absl::AnyInvocable<void(absl::StatusOr<parley::v1::TranslateResponse>)>;

  struct Options {
    RetryOptions retry;
    // Of each call, with all that it waits for.
    absl::Duration timeout;
    // `deadline` is the call's, which has been counting since Call.
    std::function<void(parley::v1::TranslateRequest, absl::Time deadline,
                       Callback)>
        call_alone;
  };

  // `stub` outlives this.
  BatchStream(Stub* stub, Options options);
  ~BatchStream();
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  void Call(parley::v1::TranslateRequest request, Callback callback);

 private:
  class State;
  const std::shared_ptr<State> state_;
};

}  // namespace parley::client

#endif  // PARLEY_CLIENT_BATCH_STREAM_H_
