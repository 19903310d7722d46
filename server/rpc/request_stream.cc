#include "server/rpc/request_stream.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "base/status_macros.h"
#include "server/rpc/call_inside.h"

namespace parley {
namespace {

// A request from when it was read until its response has been written.
struct StreamedRequest {
  std::shared_ptr<CallRecord> record;
  int64_t bytes = 0;  // Counted by the gate.
  std::optional<grpc::ByteBuffer> response;
};

}  // namespace

// At most one read and one write are under way; Finish waits for the write and
// for the pipeline, so that the reactor outlives whatever calls back. A stream
// that was stopped or cancelled may be finished while a read is under way.
//
// Nothing that is started calls a reaction before it returns, so that may be
// done under the mutex.
class RequestStreamReactor final : public CallReactor {
 public:
  RequestStreamReactor(WireCall* call, std::unique_ptr<CallInside> inside,
                       std::unique_ptr<StreamRecord> record,
                       std::unique_ptr<StreamMethod> method,
                       RequestStreamSet* streams)
      : call_(call),
        inside_(std::move(inside)),
        record_(std::move(record)),
        method_(std::move(method)),
        streams_(streams) {}

  void Start() {
    streams_->Add(this);
    absl::MutexLock lock(&mutex_);
    Proceed();
  }

  // Takes no more requests.
  void Stop() {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
    Proceed();
  }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;

 private:
  using Slot = std::shared_ptr<StreamedRequest>;

  // Has the method answer `request`.
  void Work(const grpc::ByteBuffer& request, const Slot& slot);
  // As the gate's, of one request.
  absl::Status Grow(int64_t bytes, StreamedRequest* slot);
  void Complete(StreamedResponse response, const Slot& slot);

  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Abandon() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts what can be started.
  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  WireCall* const call_;  // Lives until OnDone.
  // With the bytes of all slots. Leaves after all else.
  const std::unique_ptr<CallInside> inside_;
  const std::unique_ptr<StreamRecord> record_;
  const std::unique_ptr<StreamMethod> method_;  // While preparing_.
  RequestStreamSet* const streams_;

  absl::Mutex mutex_;
  grpc::ByteBuffer request_;  // gRPC's while reading_.
  // In the order of the requests.
  std::deque<Slot> slots_ ABSL_GUARDED_BY(mutex_);
  // Until the first request has been looked at, nothing comes before it.
  bool in_order_ ABSL_GUARDED_BY(mutex_) = true;
  int num_working_ ABSL_GUARDED_BY(mutex_) = 0;  // Not answered yet.
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  // A request is on its way into the pipeline, after which the next is read.
  bool preparing_ ABSL_GUARDED_BY(mutex_) = false;
  Slot writing_ ABSL_GUARDED_BY(mutex_);  // Null: none. Among slots_, too.
  bool input_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  // Why nobody reads any more; OK while somebody may.
  absl::Status abandoned_ ABSL_GUARDED_BY(mutex_);
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

void RequestStreamReactor::OnReadDone(bool ok) {
  grpc::ByteBuffer request;
  const Slot slot = std::make_shared<StreamedRequest>();
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    // A request that comes when the stream has stopped is not taken.
    if (!ok || stopped_ || !abandoned_.ok() || finished_) {
      input_ended_ |= !ok;
      Proceed();
      return;
    }
    request.Swap(&request_);
    slot->record = record_->StartCall();
    slots_.push_back(slot);
    ++num_working_;
    preparing_ = true;
  }
  const auto bytes = static_cast<int64_t>(request.Length());
  call_->Work(bytes, [this, slot, request = std::move(request)] {
    Work(request, slot);
    absl::MutexLock lock(&mutex_);
    in_order_ = method_->in_order();
    preparing_ = false;
    Proceed();
  });
}

void RequestStreamReactor::Work(const grpc::ByteBuffer& request,
                                const Slot& slot) {
  absl::Status admitted =
      Grow(static_cast<int64_t>(request.Length()), slot.get());
  CallContext context = inside_->Context();
  // It has been taken: a bounded number is.
  context.is_refusable = false;
  context.reserve = [this, slot](int64_t bytes) {
    return Grow(bytes, slot.get());
  };
  method_->Answer(request, std::move(admitted),
                  {.context = std::move(context),
                   .record = slot->record,
                   .respond = [this, slot](StreamedResponse response) {
                     Complete(std::move(response), slot);
                   }});
}

absl::Status RequestStreamReactor::Grow(int64_t bytes, StreamedRequest* slot) {
  PARLEY_RETURN_IF_ERROR(inside_->Grow(bytes));
  absl::MutexLock lock(&mutex_);
  slot->bytes += bytes;
  return absl::OkStatus();
}

void RequestStreamReactor::Complete(StreamedResponse response,
                                    const Slot& slot) {
  absl::Status status = std::move(response.status);
  {
    absl::MutexLock lock(&mutex_);
    if (!abandoned_.ok()) status = abandoned_;
  }
  // Before the answer, so that who has it finds it counted.
  slot->record->End(status);
  absl::MutexLock lock(&mutex_);
  slot->response = std::move(response.bytes);
  --num_working_;
  Proceed();
}

void RequestStreamReactor::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  inside_->Shrink(writing_->bytes);
  slots_.erase(std::find(slots_.begin(), slots_.end(), writing_));
  writing_ = nullptr;
  if (!ok) Abandon();
  Proceed();
}

void RequestStreamReactor::OnCancel() {
  absl::MutexLock lock(&mutex_);
  Abandon();
  Proceed();
}

void RequestStreamReactor::OnDone() {
  streams_->Remove(this);
  {
    // Whoever called Finish has let go of it.
    absl::MutexLock lock(&mutex_);
  }
  delete this;
}

// Nobody reads any more.
void RequestStreamReactor::Abandon() { abandoned_.Update(inside_->Cancel()); }

bool RequestStreamReactor::HasRoom() const {
  return std::ssize(slots_) < kMaxStreamRequests &&
         inside_->bytes() < kMaxStreamBytes;
}

void RequestStreamReactor::WriteNext() {
  if (!abandoned_.ok() || writing_ != nullptr || slots_.empty()) return;
  const auto last = in_order_ ? slots_.begin() + 1 : slots_.end();
  const auto next = std::find_if(slots_.begin(), last, [](const Slot& slot) {
    return slot->response.has_value();
  });
  if (next == last) return;
  writing_ = *next;
  call_->StartWrite(*writing_->response);
}

void RequestStreamReactor::Proceed() {
  if (finished_) return;
  WriteNext();
  const bool takes_more = abandoned_.ok() && !stopped_ && !input_ended_;
  if (takes_more && !reading_ && !preparing_ && HasRoom()) {
    reading_ = true;
    call_->StartRead(&request_);
  }
  const bool all_told = !abandoned_.ok() || slots_.empty();
  if (takes_more || preparing_ || writing_ != nullptr || num_working_ > 0 ||
      !all_told) {
    return;
  }
  if (!abandoned_.ok()) {
    End(abandoned_);
  } else if (input_ended_) {
    End(absl::OkStatus());
  } else {
    End(absl::UnavailableError("the server is going down"));
  }
}

void RequestStreamReactor::End(const absl::Status& status) {
  finished_ = true;
  record_->End(status);
  call_->Finish(ToGrpcStatus(status));
}

void RequestStreamSet::StopAll() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
  for (RequestStreamReactor* stream : streams_) stream->Stop();
}

void RequestStreamSet::Add(RequestStreamReactor* stream) {
  absl::MutexLock lock(&mutex_);
  streams_.insert(stream);
  if (stopped_) stream->Stop();
}

void RequestStreamSet::Remove(RequestStreamReactor* stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
}

void StartRequestStream(const CallEnvironment& environment, WireCall* call,
                        std::unique_ptr<StreamMethod> method,
                        RequestStreamSet* streams) {
  auto record = std::make_unique<StreamRecord>(environment.reporting,
                                               MethodName(method->method()),
                                               TakeIdentity(call->context()));
  absl::StatusOr<std::unique_ptr<CallInside>> inside =
      CallInside::Enter(environment.gate, *call->context(),
                        /*request=*/nullptr);
  if (!inside.ok()) {
    record->End(inside.status());
    call->Finish(ToGrpcStatus(inside.status(), call->context()));
    return;
  }
  auto* stream = new RequestStreamReactor(
      call, *std::move(inside), std::move(record), std::move(method), streams);
  call->Bind(stream);
  stream->Start();
}

}  // namespace parley
