#include "server/rpc/wire/wire_call.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "server/rpc/wire/call_loop.h"

namespace parley {
namespace {

// Messages up to this size are worked on in the loop: they are parsed and
// tokenized in about a millisecond, and another thread would cost some twenty
// microseconds more.
constexpr int64_t kSmallBytes = 4096;

}  // namespace

WireCall::WireCall(CallLoop* loop) : loop_(loop) {
  context_.AsyncNotifyWhenDone(&closed_);
  loop_->service_->RequestCall(&context_, &wire_, loop_->queue_.get(),
                               loop_->queue_.get(), &accepted_);
}

WireCall::Presence::Presence(CallLoop* loop) : loop_(loop) {
  loop_->CallMade();
}

WireCall::Presence::~Presence() { loop_->CallGone(); }

void WireCall::OnAccepted(bool ok) {
  if (!ok) {  // The server goes down, and `closed_` never comes.
    delete this;
    return;
  }
  new WireCall(loop_);
  method_ = loop_->router_->Find(context_.method());
  if (method_ == nullptr) {
    Finish(grpc::Status(
        grpc::StatusCode::UNIMPLEMENTED,
        absl::StrCat("this port has no method ", context_.method())));
  } else if (method_->with_stream) {
    Retain();
    method_->with_stream(this);
    Release();
  } else {
    Retain();
    wire_.Read(&request_, &request_read_);
  }
}

void WireCall::OnRequest(bool ok) {
  if (!ok) request_.Clear();
  method_->with_request({.call = this, .request = &request_});
  request_.Clear();
  Release();
}

void WireCall::Bind(CallReactor* reactor) {
  bool cancelled;
  {
    absl::MutexLock lock(&mutex_);
    reactor_ = reactor;
    cancelled = cancelled_;
  }
  if (cancelled) reactor->OnCancel();
}

CallReactor* WireCall::reactor() {
  absl::MutexLock lock(&mutex_);
  return reactor_;
}

void WireCall::StartRead(grpc::ByteBuffer* message) {
  Retain();
  wire_.Read(message, &read_);
}

void WireCall::OnRead(bool ok) {
  reactor()->OnReadDone(ok);
  Release();
}

void WireCall::StartWrite(const grpc::ByteBuffer& message) {
  Retain();
  wire_.Write(message, &written_);
}

void WireCall::OnWritten(bool ok) {
  reactor()->OnWriteDone(ok);
  Release();
}

void WireCall::Finish(const grpc::Status& status) {
  wire_.Finish(status, &finished_);
}

void WireCall::FinishWith(const grpc::ByteBuffer& message) {
  wire_.WriteAndFinish(message, grpc::WriteOptions(), grpc::Status::OK,
                       &finished_);
}

void WireCall::OnFinished(bool ok) { Release(); }

void WireCall::OnClosed(bool ok) {
  if (context_.IsCancelled()) {
    CallReactor* reactor;
    {
      absl::MutexLock lock(&mutex_);
      cancelled_ = true;
      reactor = reactor_;
    }
    if (reactor != nullptr) reactor->OnCancel();
  }
  Release();
}

void WireCall::Work(int64_t bytes, absl::AnyInvocable<void()> work) {
  if (bytes <= kSmallBytes) {
    std::move(work)();
    return;
  }
  Retain();
  loop_->workers_->Post([this, work = std::move(work)]() mutable {
    std::move(work)();
    // What it holds goes while the call is there.
    work = nullptr;
    Release();
  });
}

void WireCall::Release() {
  if (num_awaited_.fetch_sub(1, std::memory_order_acq_rel) > 1) return;
  CallReactor* const bound = reactor();
  if (bound != nullptr) bound->OnDone();
  delete this;
}

}  // namespace parley
