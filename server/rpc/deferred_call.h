// Unary calls that are answered later, from whatever thread has the answer, and
// that no gate counts.
#ifndef PARLEY_SERVER_RPC_DEFERRED_CALL_H_
#define PARLEY_SERVER_RPC_DEFERRED_CALL_H_

#include <atomic>
#include <memory>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "grpcpp/grpcpp.h"
#include "server/rpc/call_record.h"

namespace parley {

// The wire's end of such a call: finished exactly once, by an answer or as soon
// as it is cancelled. gRPC keeps the response's buffer until OnDone, which
// comes only after Finish; the reactor then deletes itself.
class DeferredReactor final : public grpc::ServerUnaryReactor {
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
    void Finish(const absl::Status& status) const;

    DeferredReactor* reactor_ = nullptr;
    std::shared_ptr<CallRecord> record_;  // May be null.
    // Whoever sets it calls Finish; until then the reactor lives.
    std::shared_ptr<std::atomic<bool>> finished_ =
        std::make_shared<std::atomic<bool>>(false);
  };

  // `record` is ended with the call; it may be null.
  DeferredReactor(grpc::ByteBuffer* response,
                  std::shared_ptr<CallRecord> record);

  const Answerer& answerer() const { return answerer_; }

  void OnCancel() override;
  void OnDone() override;

 private:
  grpc::ByteBuffer* const response_;
  Answerer answerer_;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_DEFERRED_CALL_H_
