#include "server/rpc/embed_stream.h"

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "server/pipeline/embedding/embed.h"
#include "server/rpc/embed_messages.h"
#include "server/rpc/message_parsing.h"
#include "server/rpc/status_conversion.h"

namespace parley {
namespace {

constexpr PipelineMethod<v1::EmbedRequest, v1::EmbedResponse, EmbedCall,
                         EmbedReply>
    kEmbedStream = {Method::kEmbedStream, &ToEmbedCall, &Embed,
                    &ToEmbedResponse};

// A request from when it was read until its response has been written.
struct StreamedRequest {
  std::shared_ptr<CallRecord> record;
  bool inside = false;  // The gate.
  int64_t bytes = 0;    // Counted by the gate.
  std::optional<grpc::ByteBuffer> response;
};

// A stream that the gate did not let in.
class RefusedStream final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const absl::Status& status) {
    Finish(ToGrpcStatus(status));
  }
  void OnDone() override { delete this; }
};

}  // namespace

// At most one read and one write are under way; Finish waits for the write and
// for the pipeline, so that the reactor outlives whatever calls back. A stream
// that was stopped or cancelled may be finished while a read is under way.
//
// gRPC never calls a reaction on the thread that starts an operation, so
// operations may be started under the mutex.
class EmbedStreamReactor final
    : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  // `identity` is that of the stream's call.
  EmbedStreamReactor(const CallEnvironment& environment, absl::Time deadline,
                     CallIdentity identity, EmbedStreamSet* streams)
      : environment_(environment),
        deadline_(deadline),
        streams_(streams),
        record_(environment.reporting, MethodName(kEmbedStream.method),
                std::move(identity)) {}

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

  // Has the pipeline answer `request`.
  void Work(const grpc::ByteBuffer& request, const Slot& slot);
  // As the gate's.
  absl::Status Enter(int64_t bytes, StreamedRequest* slot);
  absl::Status Grow(int64_t bytes, StreamedRequest* slot);
  void Complete(absl::StatusOr<v1::EmbedResponse> response, const Slot& slot);
  // Ends `record` with what it says.
  grpc::ByteBuffer Serialize(absl::StatusOr<v1::EmbedResponse> response,
                             CallRecord* record) const;
  void Leave(const StreamedRequest& slot) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  bool HasRoom() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status WhyAbandoned() const {
    return WhyCancelled(
        {.begin = begin_, .deadline = deadline_, .cancelled = absl::Now()});
  }
  void Abandon() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts what can be started.
  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const CallEnvironment environment_;
  const absl::Time begin_ = absl::Now();
  const absl::Time deadline_;
  EmbedStreamSet* const streams_;
  StreamRecord record_;
  const std::shared_ptr<CancelFlag> cancel_ = std::make_shared<CancelFlag>();

  absl::Mutex mutex_;
  grpc::ByteBuffer request_;  // gRPC's while reading_.
  // In the order of the requests; the first is being written while writing_.
  std::deque<Slot> slots_ ABSL_GUARDED_BY(mutex_);
  int num_working_ ABSL_GUARDED_BY(mutex_) = 0;  // Not answered yet.
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  // A request is on its way into the pipeline, after which the next is read.
  bool preparing_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool input_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool abandoned_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

void EmbedStreamReactor::OnReadDone(bool ok) {
  grpc::ByteBuffer request;
  const Slot slot = std::make_shared<StreamedRequest>();
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    // A request that comes when the stream has stopped is not taken.
    if (!ok || stopped_ || abandoned_ || finished_) {
      input_ended_ |= !ok;
      Proceed();
      return;
    }
    request.Swap(&request_);
    slot->record = record_.StartCall();
    slots_.push_back(slot);
    ++num_working_;
    preparing_ = true;
  }
  Work(request, slot);
  absl::MutexLock lock(&mutex_);
  preparing_ = false;
  Proceed();
}

void EmbedStreamReactor::Work(const grpc::ByteBuffer& request,
                              const Slot& slot) {
  absl::Status status =
      Enter(static_cast<int64_t>(request.Length()), slot.get());
  v1::EmbedRequest message;
  if (status.ok()) status = ParseMessage(&request, &message);
  if (!status.ok()) {
    Complete(std::move(status), slot);
    return;
  }
  Caller<v1::EmbedResponse> caller = {
      .context = {.deadline = deadline_,
                  .cancel = cancel_,
                  .reserve =
                      [this, slot](int64_t bytes) {
                        return Grow(bytes, slot.get());
                      }},
      .done =
          [this, slot](absl::StatusOr<v1::EmbedResponse> response) {
            Complete(std::move(response), slot);
          },
      .record = slot->record};
  RunMethod(kEmbedStream, environment_, &message, std::move(caller));
}

absl::Status EmbedStreamReactor::Enter(int64_t bytes, StreamedRequest* slot) {
  PARLEY_RETURN_IF_ERROR(environment_.gate->Enter(bytes));
  absl::MutexLock lock(&mutex_);
  slot->inside = true;
  slot->bytes = bytes;
  return absl::OkStatus();
}

absl::Status EmbedStreamReactor::Grow(int64_t bytes, StreamedRequest* slot) {
  PARLEY_RETURN_IF_ERROR(environment_.gate->Grow(bytes));
  absl::MutexLock lock(&mutex_);
  slot->bytes += bytes;
  return absl::OkStatus();
}

void EmbedStreamReactor::Complete(absl::StatusOr<v1::EmbedResponse> response,
                                  const Slot& slot) {
  grpc::ByteBuffer bytes;
  if (cancel_->cancelled()) {
    slot->record->End(WhyAbandoned());
  } else {
    bytes = Serialize(std::move(response), slot->record.get());
  }
  absl::MutexLock lock(&mutex_);
  slot->response = std::move(bytes);
  --num_working_;
  Proceed();
}

grpc::ByteBuffer EmbedStreamReactor::Serialize(
    absl::StatusOr<v1::EmbedResponse> response, CallRecord* record) const {
  const absl::Status status = response.status();
  v1::EmbedStreamResponse message;
  *message.mutable_status() = ToRpcStatus(status);
  if (response.ok()) *message.mutable_response() = *std::move(response);
  grpc::ByteBuffer bytes;
  const absl::Status serialized =
      SerializeAnswer(message, environment_.limits, &bytes);
  record->End(serialized.ok() ? status : serialized);
  if (serialized.ok()) return bytes;
  message.clear_response();
  *message.mutable_status() = ToRpcStatus(serialized);
  // A status alone fits.
  SerializeMessage(message, &bytes).IgnoreError();
  return bytes;
}

void EmbedStreamReactor::Leave(const StreamedRequest& slot) {
  if (slot.inside) environment_.gate->Leave(slot.bytes);
}

void EmbedStreamReactor::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  writing_ = false;
  Leave(*slots_.front());
  slots_.pop_front();
  if (!ok) Abandon();
  Proceed();
}

void EmbedStreamReactor::OnCancel() {
  absl::MutexLock lock(&mutex_);
  Abandon();
  Proceed();
}

void EmbedStreamReactor::OnDone() {
  streams_->Remove(this);
  {
    absl::MutexLock lock(&mutex_);
    for (const Slot& slot : slots_) Leave(*slot);
  }
  environment_.gate->Leave(0);
  delete this;
}

// Nobody reads any more: the runner drops what is under way.
void EmbedStreamReactor::Abandon() {
  abandoned_ = true;
  cancel_->Cancel();
}

bool EmbedStreamReactor::HasRoom() const {
  int64_t bytes = 0;
  for (const Slot& slot : slots_) bytes += slot->bytes;
  return std::ssize(slots_) < kMaxStreamRequests && bytes < kMaxStreamBytes;
}

void EmbedStreamReactor::Proceed() {
  if (finished_) return;
  if (!abandoned_ && !writing_ && !slots_.empty() &&
      slots_.front()->response.has_value()) {
    writing_ = true;
    StartWrite(&*slots_.front()->response);
  }
  const bool takes_more = !abandoned_ && !stopped_ && !input_ended_;
  if (takes_more && !reading_ && !preparing_ && HasRoom()) {
    reading_ = true;
    StartRead(&request_);
  }
  const bool all_told = abandoned_ || slots_.empty();
  if (takes_more || preparing_ || writing_ || num_working_ > 0 || !all_told) {
    return;
  }
  if (abandoned_) {
    End(WhyAbandoned());
  } else if (input_ended_) {
    End(absl::OkStatus());
  } else {
    End(absl::UnavailableError("the server is going down"));
  }
}

void EmbedStreamReactor::End(const absl::Status& status) {
  finished_ = true;
  record_.End(status);
  Finish(ToGrpcStatus(status));
}

void EmbedStreamSet::StopAll() {
  absl::MutexLock lock(&mutex_);
  stopped_ = true;
  for (EmbedStreamReactor* stream : streams_) stream->Stop();
}

void EmbedStreamSet::Add(EmbedStreamReactor* stream) {
  absl::MutexLock lock(&mutex_);
  streams_.insert(stream);
  if (stopped_) stream->Stop();
}

void EmbedStreamSet::Remove(EmbedStreamReactor* stream) {
  absl::MutexLock lock(&mutex_);
  streams_.erase(stream);
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* StartEmbedStream(
    const CallEnvironment& environment, grpc::CallbackServerContext* context,
    EmbedStreamSet* streams) {
  CallIdentity identity = TakeIdentity(context);
  const absl::Status entered = environment.gate->Enter(0);
  if (!entered.ok()) {
    StreamRecord(environment.reporting, MethodName(kEmbedStream.method),
                 std::move(identity))
        .End(entered);
    return new RefusedStream(entered);
  }
  auto* stream = new EmbedStreamReactor(environment, DeadlineOf(*context),
                                        std::move(identity), streams);
  stream->Start();
  return stream;
}

}  // namespace parley
