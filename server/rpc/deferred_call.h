// Unary calls that are answered later, from whatever thread has the answer.
#ifndef PARLEY_SERVER_RPC_DEFERRED_CALL_H_
#define PARLEY_SERVER_RPC_DEFERRED_CALL_H_

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "server/pipeline/call.h"
#include "server/rpc/call_record.h"
#include "server/rpc/wire/wire_call.h"

namespace parley {

inline constexpr CallLimits kUnboundedAnswer = {
    .max_response_bytes = std::numeric_limits<int64_t>::max()};

// The wire's end of such a call, to be bound to it: finished exactly once, by
// an answer or as soon as it is cancelled. Deletes itself when that is done.
class DeferredReactor : public CallReactor {
 public:
  // How the answer reaches the reactor, which may be gone long before it comes.
  // Any thread.
  class Answerer {
   public:
    // Each finishes the call unless that has been done.
    void Answer(const google::protobuf::Message& response) const;
    void Refuse(const absl::Status& status) const;

   private:
    friend class DeferredReactor;
    struct State {
      std::shared_ptr<CallRecord> record;  // May be null.
      // Whoever sets this first calls Finish; until then the reactor lives.
      std::atomic<bool> answered{false};
    };
    DeferredReactor* reactor_ = nullptr;
    std::shared_ptr<State> state_ = std::make_shared<State>();
  };

  // `record` is ended with the call; it may be null.
  DeferredReactor(WireCall* call, std::shared_ptr<CallRecord> record,
                  const CallLimits& limits = kUnboundedAnswer);

  const Answerer& answerer() const { return answerer_; }

  void OnCancel() override;
  void OnDone() override;

 private:
  WireCall* const call_;
  const CallLimits limits_;
  Answerer answerer_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_DEFERRED_CALL_H_
