#include "server/rpc/wire/call_loop.h"

#include <utility>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "grpc/support/time.h"

namespace parley {
namespace {

// For so long, calls gather where some are refused for want of room: dealing
// with several in turn costs two thirds of dealing with each as it comes, and
// nobody waits for them but those who are told to wait
// (docs/decisions/0018).
constexpr absl::Duration kGather = absl::Milliseconds(5);

// A look that finds nothing does not say that all that had gathered is dealt
// with: gRPC looks at one connection at a time, and what came there may be
// nothing to us. After so many it is likely.
constexpr int kEmptyLooks = 4;

}  // namespace

CallLoop::CallLoop(grpc::AsyncGenericService* service,
                   std::unique_ptr<grpc::ServerCompletionQueue> queue,
                   const CallRouter* router, WorkerThreads* workers)
    : service_(service),
      queue_(std::move(queue)),
      router_(router),
      workers_(workers) {}

void CallLoop::Begin() {
  new WireCall(this);
  thread_ = std::thread([this] { Run(); });
}

void CallLoop::Run() {
  void* tag = nullptr;
  bool ok = false;
  while (queue_->Next(&tag, &ok)) {
    HandOver(tag, ok);
    if (!has_refused_.exchange(false, std::memory_order_relaxed)) continue;
    HandOverWhatIsThere();
    absl::SleepFor(kGather);
  }
}

void CallLoop::HandOverWhatIsThere() {
  const gpr_timespec now = gpr_inf_past(GPR_CLOCK_MONOTONIC);
  void* tag = nullptr;
  bool ok = false;
  int num_empty = 0;
  while (num_empty < kEmptyLooks) {
    if (queue_->AsyncNext(&tag, &ok, now) == grpc::CompletionQueue::GOT_EVENT) {
      HandOver(tag, ok);
      num_empty = 0;
    } else {
      ++num_empty;
    }
  }
}

void CallLoop::HandOver(void* tag, bool ok) {
  const auto* const event = static_cast<WireCall::Event*>(tag);
  (event->call->*event->over)(ok);
}

void CallLoop::Finish() {
  {
    // Nothing may be started on a queue that is shut down.
    absl::MutexLock lock(&mutex_);
    const auto all_gone = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return num_calls_ == 0;
    };
    mutex_.Await(absl::Condition(&all_gone));
  }
  queue_->Shutdown();
  if (thread_.joinable()) thread_.join();
}

void CallLoop::CallMade() {
  absl::MutexLock lock(&mutex_);
  ++num_calls_;
}

void CallLoop::CallGone() {
  absl::MutexLock lock(&mutex_);
  --num_calls_;
}

}  // namespace parley
