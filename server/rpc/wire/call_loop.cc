#include "server/rpc/wire/call_loop.h"

#include <utility>

namespace parley {

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
    const auto* const event = static_cast<WireCall::Event*>(tag);
    (event->call->*event->over)(ok);
  }
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
