// Unary calls that are answered later, from whatever thread has the answer.
#ifndef PARLEY_SERVER_RPC_DEFERRED_CALL_H_
#define PARLEY_SERVER_RPC_DEFERRED_CALL_H_

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "server/pipeline/call.h"
#include "server/rpc/call_record.h"
#include "server/rpc/unary_call.h"

namespace parley {

inline constexpr CallLimits kUnboundedAnswer = {
    .max_response_bytes = std::numeric_limits<int64_t>::max()};

// The wire's end of such a call: finished exactly once, by an answer or as soon
// as it is cancelled. gRPC owns the request and response buffers and keeps them
// until OnDone, which comes only after Finish; the reactor then deletes itself.
class DeferredReactor : public grpc::ServerUnaryReactor {
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
    void Finish(const absl::Status& status) const;

    DeferredReactor* reactor_ = nullptr;
    std::shared_ptr<State> state_ = std::make_shared<State>();
  };

  // `record` is ended with the call; it may be null.
  DeferredReactor(const UnaryWire& wire, std::shared_ptr<CallRecord> record,
                  const CallLimits& limits = kUnboundedAnswer);

  const Answerer& answerer() const { return answerer_; }

  void OnCancel() override;
  void OnDone() override;

 private:
  const UnaryWire wire_;
  const CallLimits limits_;
  Answerer answerer_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_DEFERRED_CALL_H_
