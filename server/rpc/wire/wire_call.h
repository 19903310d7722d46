// One call of gRPC's, as bytes: what methods of all shapes are made of.
#ifndef PARLEY_SERVER_RPC_WIRE_WIRE_CALL_H_
#define PARLEY_SERVER_RPC_WIRE_WIRE_CALL_H_

#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/generic/async_generic_service.h"
#include "grpcpp/grpcpp.h"

namespace parley {

class CallLoop;
struct WireMethod;

// What wants to know how a call goes on. Of each kind, reactions come one after
// the other: the loop's thread calls them, and never from inside a function of
// WireCall but Bind.
class CallReactor {
 public:
  virtual ~CallReactor() = default;

  // What was started is over; not `ok`: there is no further message, or nobody
  // to take any.
  virtual void OnReadDone(bool ok) {}
  virtual void OnWriteDone(bool ok) {}
  // Nobody waits for the call any more: it was cancelled, or its deadline has
  // passed, or its connection is gone. It is to be finished all the same.
  virtual void OnCancel() {}
  // It has been finished, and nothing else is called: the place to delete
  // oneself. On whatever thread was last to have to do with the call.
  virtual void OnDone() = 0;
};

// Made by the loop, which calls the method, and gone by itself after the call
// was finished. Until then thread-safe, as follows: at most one read, and at
// most one write or finish, are under way.
class WireCall {
 public:
  // Waits for the next call that comes to `loop`, which outlives it.
  explicit WireCall(CallLoop* loop);
  WireCall(const WireCall&) = delete;
  WireCall& operator=(const WireCall&) = delete;

  grpc::ServerContextBase* context() { return &context_; }

  // Has `reactor` told what becomes of the call: at once, in this function,
  // where it was cancelled before. At most once, and by the method only.
  void Bind(CallReactor* reactor);

  // Of calls with a stream of requests. *message is gRPC's until OnReadDone.
  void StartRead(grpc::ByteBuffer* message);

  void StartWrite(const grpc::ByteBuffer& message);

  // Ends the call: once, after the last write is done. A read may be under way.
  void Finish(const grpc::Status& status);
  // The same with its last message, and OK.
  void FinishWith(const grpc::ByteBuffer& message);

  // Does `work` for a message of `bytes`, in the method or a reaction: here and
  // now where the message is small, so that the work is; else on a thread of
  // the loop's workers, while the loop goes on with other calls. The call and
  // its reactor are there until it returns.
  void Work(int64_t bytes, absl::AnyInvocable<void()> work);

 private:
  friend class CallLoop;

  // What gRPC gives back when something that was started is over.
  struct Event {
    WireCall* call;
    void (WireCall::*over)(bool ok);
  };

  ~WireCall() = default;

  void OnAccepted(bool ok);
  void OnRequest(bool ok);
  void OnRead(bool ok);
  void OnWritten(bool ok);
  void OnFinished(bool ok);
  void OnClosed(bool ok);

  CallReactor* reactor() ABSL_LOCKS_EXCLUDED(mutex_);
  void Retain() { num_awaited_.fetch_add(1, std::memory_order_relaxed); }
  void Release();

  // What of a call goes last.
  class Presence {
   public:
    explicit Presence(CallLoop* loop);
    ~Presence();

   private:
    CallLoop* const loop_;
  };

  CallLoop* const loop_;
  const Presence presence_{loop_};
  grpc::GenericServerContext context_;
  grpc::GenericServerAsyncReaderWriter wire_{&context_};
  const WireMethod* method_ = nullptr;  // Null: there is none of that name.
  grpc::ByteBuffer request_;            // Of a call that has one.

  Event accepted_{this, &WireCall::OnAccepted};
  Event request_read_{this, &WireCall::OnRequest};
  Event read_{this, &WireCall::OnRead};
  Event written_{this, &WireCall::OnWritten};
  Event finished_{this, &WireCall::OnFinished};
  Event closed_{this, &WireCall::OnClosed};

  // What must be over before the call may go: from the beginning, that it is
  // finished and closed.
  std::atomic<int> num_awaited_{2};

  absl::Mutex mutex_;
  CallReactor* reactor_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

// A call and its one request, which is there until the method has returned.
struct RequestWire {
  WireCall* call;
  const grpc::ByteBuffer* request;
};

}  // namespace parley

#endif  // PARLEY_SERVER_RPC_WIRE_WIRE_CALL_H_
