#include "client/batch_stream.h"

#include <grpcpp/alarm.h>
#include <grpcpp/client_context.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "client/status_conversion.h"

namespace parley::client {
namespace {

using ::parley::v1::TranslateBatchStreamRequest;
using ::parley::v1::TranslateBatchStreamResponse;
using ::parley::v1::TranslateRequest;
using ::parley::v1::TranslateResponse;

// How long the server has to end a stream that is closed.
constexpr absl::Duration kGoodbye = absl::Seconds(1);

}  // namespace

// Shared with the stream and the alarm, which may call for a moment yet after
// all is over.
class BatchStream::State
    : public std::enable_shared_from_this<BatchStream::State> {
 public:
  State(Stub* stub, Options options)
      : stub_(stub), options_(std::move(options)) {}

  void Call(TranslateRequest request, Callback callback);
  void Close();

 private:
  class Stream;

  // A call that has not been answered.
  struct Pending {
    TranslateBatchStreamRequest message;
    Callback callback;
    absl::Time deadline;
    int num_refusals = 0;
    // When it may be sent again.
    absl::Time not_before = absl::InfinitePast();
    bool sent = false;  // On the stream that is open.
  };

  // A callback with what it is to be told, for when the mutex is free.
  struct Ended {
    Callback callback;
    absl::StatusOr<TranslateResponse> answer;
  };
  // What is to be done when the mutex is free.
  struct Affairs {
    std::vector<Ended> ended;
    std::vector<Pending> alone;
  };

  // Of the stream: a response, the end of its writes, no more responses, its
  // end.
  void OnResponse(TranslateBatchStreamResponse response);
  void OnWritten(bool ok);
  void OnReadEnd();
  void OnEnd(const absl::Status& status);
  void OnAlarm();

  void Settle(std::map<int64_t, Pending>::iterator call,
              TranslateBatchStreamResponse response, Affairs* affairs)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndAll(const absl::Status& status, Affairs* affairs)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CallAllAlone(Affairs* affairs) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Opens a stream or writes, if there is something to send.
  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Open() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Has OnAlarm called at `time` or before.
  void WakeAt(absl::Time time) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Leaves the mutex to see to `affairs`, and takes it again.
  void See(Affairs affairs) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Stub* const stub_;
  const Options options_;

  absl::Mutex mutex_;
  std::map<int64_t, Pending> calls_ ABSL_GUARDED_BY(mutex_);
  std::set<int64_t> unsent_ ABSL_GUARDED_BY(mutex_);  // That may be sent now.
  int64_t next_number_ ABSL_GUARDED_BY(mutex_) = 1;
  Stream* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;  // Deletes itself.
  // Of the stream. It holds the channel, which may not go with one of gRPC's
  // own threads; so it does not outlive the stream.
  std::shared_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
  bool takes_writes_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_first_ ABSL_GUARDED_BY(mutex_) = true;  // The next message written.
  // Streams that ended since the last answer, and when the next may begin.
  int num_failures_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time open_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  bool all_alone_ ABSL_GUARDED_BY(mutex_) = false;
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
  int num_seeing_ ABSL_GUARDED_BY(mutex_) = 0;  // Threads in See.
  std::shared_ptr<grpc::Alarm> alarm_ ABSL_GUARDED_BY(mutex_);
  absl::Time alarm_time_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
};

// One stream of the wire. A read is under way from its start to its end, so
// that writes may be started by anybody until then.
class BatchStream::State::Stream
    : public grpc::ClientBidiReactor<TranslateBatchStreamRequest,
                                     TranslateBatchStreamResponse> {
 public:
  explicit Stream(std::shared_ptr<State> state) : state_(std::move(state)) {}

  // `context` lives until OnEnd.
  void Start(grpc::ClientContext* context) {
    state_->stub_->TranslateBatchStream(context, this);
    StartRead(&response_);
    StartCall();
  }

  void Write(TranslateBatchStreamRequest message) {
    request_ = std::move(message);
    StartWrite(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      state_->OnReadEnd();
      return;
    }
    state_->OnResponse(std::move(response_));
    response_.Clear();
    StartRead(&response_);
  }
  void OnWriteDone(bool ok) override { state_->OnWritten(ok); }
  void OnDone(const grpc::Status& status) override {
    state_->OnEnd(ToAbslStatus(status));
    delete this;
  }

 private:
  const std::shared_ptr<State> state_;
  TranslateBatchStreamRequest request_;
  TranslateBatchStreamResponse response_;
};

void BatchStream::State::Call(TranslateRequest request, Callback callback) {
  const absl::Time deadline = absl::Now() + options_.timeout;
  absl::MutexLock lock(&mutex_);
  if (all_alone_) {
    Affairs affairs;
    affairs.alone.push_back(
        {.callback = std::move(callback), .deadline = deadline});
    *affairs.alone.back().message.mutable_request() = std::move(request);
    See(std::move(affairs));
    return;
  }
  const int64_t number = next_number_++;
  Pending& call = calls_[number];
  call.message.set_id(absl::StrCat(number));
  *call.message.mutable_request() = std::move(request);
  call.callback = std::move(callback);
  call.deadline = deadline;
  unsent_.insert(number);
  WakeAt(call.deadline);
  Proceed();
}

void BatchStream::State::OnResponse(TranslateBatchStreamResponse response) {
  absl::MutexLock lock(&mutex_);
  num_failures_ = 0;
  int64_t number = 0;
  const auto call = absl::SimpleAtoi(response.id(), &number)
                        ? calls_.find(number)
                        : calls_.end();
  // One that ran out of time may be answered yet.
  if (call == calls_.end() || !call->second.sent) return;
  Affairs affairs;
  Settle(call, std::move(response), &affairs);
  See(std::move(affairs));
}

void BatchStream::State::Settle(std::map<int64_t, Pending>::iterator call,
                                TranslateBatchStreamResponse response,
                                Affairs* affairs) {
  Pending& pending = call->second;
  absl::Status status = ToAbslStatus(response.status());
  if (!status.ok()) {
    ++pending.num_refusals;
    const auto delay = RetryDelay(options_.retry, status, pending.num_refusals);
    pending.not_before = absl::Now() + delay.value_or(absl::ZeroDuration());
    if (delay.has_value() && pending.not_before < pending.deadline) {
      pending.sent = false;
      WakeAt(pending.not_before);
      return;
    }
    status = WithAttempts(status, pending.num_refusals);
  }
  Ended& ended = affairs->ended.emplace_back(Ended{
      .callback = std::move(pending.callback), .answer = TranslateResponse()});
  if (status.ok()) {
    *ended.answer = std::move(*response.mutable_response());
  } else {
    ended.answer = std::move(status);
  }
  calls_.erase(call);
}

void BatchStream::State::OnWritten(bool ok) {
  absl::MutexLock lock(&mutex_);
  writing_ = false;
  takes_writes_ &= ok;  // Where it fails, the stream is about to end.
  Proceed();
}

void BatchStream::State::OnReadEnd() {
  absl::MutexLock lock(&mutex_);
  takes_writes_ = false;
}

void BatchStream::State::OnEnd(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  stream_ = nullptr;
  context_ = nullptr;
  takes_writes_ = false;
  writing_ = false;
  for (auto& [number, call] : calls_) {
    if (std::exchange(call.sent, false)) unsent_.insert(number);
  }
  if (closed_ || calls_.empty()) return;
  const absl::Status why =
      status.ok() ? absl::UnavailableError("the stream ended too early")
                  : status;
  ++num_failures_;
  Affairs affairs;
  if (const auto delay = RetryDelay(options_.retry, why, num_failures_)) {
    open_at_ = absl::Now() + *delay;
    WakeAt(open_at_);
  } else if (absl::IsUnavailable(why)) {
    EndAll(WithAttempts(why, std::exchange(num_failures_, 0)), &affairs);
  } else {
    all_alone_ |= absl::IsUnimplemented(why);
    num_failures_ = 0;
    CallAllAlone(&affairs);
  }
  See(std::move(affairs));
}

void BatchStream::State::OnAlarm() {
  absl::MutexLock lock(&mutex_);
  if (closed_) return;
  alarm_time_ = absl::InfiniteFuture();
  const absl::Time now = absl::Now();
  absl::Time next =
      stream_ == nullptr && open_at_ > now ? open_at_ : absl::InfiniteFuture();
  Affairs affairs;
  for (auto it = calls_.begin(); it != calls_.end();) {
    const auto [number, call] = std::pair(it->first, &it->second);
    if (call->deadline <= now) {
      unsent_.erase(number);
      affairs.ended.push_back(
          {.callback = std::move(call->callback),
           .answer = absl::DeadlineExceededError(absl::StrCat(
               "no answer after ", absl::FormatDuration(options_.timeout)))});
      it = calls_.erase(it);
      continue;
    }
    if (!call->sent && call->not_before <= now) unsent_.insert(number);
    next = std::min(next,
                    call->not_before > now ? call->not_before : call->deadline);
    ++it;
  }
  WakeAt(next);
  Proceed();
  See(std::move(affairs));
}

void BatchStream::State::EndAll(const absl::Status& status, Affairs* affairs) {
  for (auto& [number, call] : calls_) {
    affairs->ended.push_back(
        {.callback = std::move(call.callback), .answer = status});
  }
  calls_.clear();
  unsent_.clear();
}

void BatchStream::State::CallAllAlone(Affairs* affairs) {
  for (auto& [number, call] : calls_) {
    affairs->alone.push_back(std::move(call));
  }
  calls_.clear();
  unsent_.clear();
}

void BatchStream::State::Proceed() {
  if (closed_ || unsent_.empty()) return;
  if (stream_ == nullptr) {
    if (absl::Now() >= open_at_) Open();
    return;
  }
  if (!takes_writes_ || writing_) return;
  const int64_t number = *unsent_.begin();
  unsent_.erase(unsent_.begin());
  Pending& call = calls_[number];
  call.sent = true;
  // Kept, to be sent again.
  TranslateBatchStreamRequest message = call.message;
  if (std::exchange(is_first_, false)) message.set_in_order(false);
  writing_ = true;
  stream_->Write(std::move(message));
}

void BatchStream::State::Open() {
  context_ = std::make_shared<grpc::ClientContext>();
  stream_ = new Stream(shared_from_this());
  stream_->Start(context_.get());
  takes_writes_ = true;
  is_first_ = true;
  Proceed();
}

void BatchStream::State::WakeAt(absl::Time time) {
  if (time >= alarm_time_) return;
  alarm_time_ = time;
  alarm_ = std::make_shared<grpc::Alarm>();
  alarm_->Set(absl::ToChronoTime(time),
              [weak = weak_from_this()](bool expired) {
                const auto state = expired ? weak.lock() : nullptr;
                if (state != nullptr) state->OnAlarm();
              });
}

void BatchStream::State::See(Affairs affairs) {
  ++num_seeing_;
  mutex_.Unlock();
  for (Ended& ended : affairs.ended) ended.callback(std::move(ended.answer));
  for (Pending& call : affairs.alone) {
    options_.call_alone(std::move(*call.message.mutable_request()),
                        call.deadline, std::move(call.callback));
  }
  mutex_.Lock();
  --num_seeing_;
}

void BatchStream::State::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  alarm_ = nullptr;
  const auto is_over = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return stream_ == nullptr && num_seeing_ == 0;
  };
  Affairs affairs;
  if (takes_writes_ && !writing_ && calls_.empty()) {
    takes_writes_ = false;
    stream_->StartWritesDone();
    mutex_.AwaitWithTimeout(absl::Condition(&is_over), kGoodbye);
  }
  EndAll(absl::CancelledError("the client has ended"), &affairs);
  const std::shared_ptr<grpc::ClientContext> context = context_;
  mutex_.Unlock();
  if (context != nullptr) context->TryCancel();
  mutex_.Lock();
  See(std::move(affairs));
  mutex_.Await(absl::Condition(&is_over));
}

BatchStream::BatchStream(Stub* stub, Options options)
    : state_(std::make_shared<State>(stub, std::move(options))) {}

BatchStream::~BatchStream() { state_->Close(); }

void BatchStream::Call(TranslateRequest request, Callback callback) {
  state_->Call(std::move(request), std::move(callback));
}

}  // namespace parley::client
