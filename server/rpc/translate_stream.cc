#include "server/rpc/translate_stream.h"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "parley/v1/translation.pb.h"
#include "server/rpc/call_inside.h"
#include "server/rpc/status_conversion.h"
#include "server/rpc/translate_method.h"

namespace parley {
namespace {

constexpr auto kTranslateStream = TranslateMethod(Method::kTranslateStream);

// At most one write is under way; Finish waits for it and for the pipeline, so
// that the reactor outlives whatever calls back.
//
// Nothing that is started calls a reaction before it returns, so that may be
// done under the mutex.
class TranslateStreamReactor final : public CallReactor {
 public:
  TranslateStreamReactor(const CallEnvironment& environment, WireCall* call,
                         std::unique_ptr<CallInside> inside,
                         std::shared_ptr<CallRecord> record)
      : inside_(std::move(inside)),
        environment_(environment),
        call_(call),
        record_(std::move(record)) {}

  void Start(const grpc::ByteBuffer& request);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override {
    {
      // Whoever called Finish has let go of it.
      absl::MutexLock lock(&mutex_);
    }
    delete this;
  }

 private:
  void Tell(TextDelta delta);
  void Complete(absl::StatusOr<v1::TranslateResponse> response);

  void Abandon() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Starts what can be started.
  void Proceed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The next message to write; nothing where there is none now.
  std::optional<v1::TranslateStreamResponse> TakeNext()
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::unique_ptr<CallInside> inside_;  // Leaves after all else.
  const CallEnvironment& environment_;
  WireCall* const call_;  // Lives until OnDone.
  const std::shared_ptr<CallRecord> record_;

  absl::Mutex mutex_;
  // What has not been told of a text yet, and whose turn it is: that of the
  // text that has waited longest.
  std::map<int, v1::TranslateDelta> untold_ ABSL_GUARDED_BY(mutex_);
  std::deque<int> turns_ ABSL_GUARDED_BY(mutex_);
  std::optional<v1::TranslateResponse> response_ ABSL_GUARDED_BY(mutex_);
  // Of the call; OK until its end is known.
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool completed_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

void TranslateStreamReactor::Start(const grpc::ByteBuffer& request) {
  v1::TranslateRequest message;
  absl::Status parsed = ParseMessage(&request, &message);
  if (!parsed.ok()) {
    Complete(std::move(parsed));
    return;
  }
  CallContext context = inside_->Context();
  context.tell = [this](TextDelta delta) { Tell(std::move(delta)); };
  RunMethod(kTranslateStream, environment_, &message,
            Caller<v1::TranslateResponse>{
                .context = std::move(context),
                .done =
                    [this](absl::StatusOr<v1::TranslateResponse> response) {
                      Complete(std::move(response));
                    },
                .record = record_});
}

void TranslateStreamReactor::Tell(TextDelta delta) {
  const int index = static_cast<int>(delta.index);
  absl::MutexLock lock(&mutex_);
  const auto [found, is_new] = untold_.try_emplace(index);
  if (is_new) turns_.push_back(index);
  v1::TranslateDelta& untold = found->second;
  untold.set_index(index);
  untold.mutable_text()->append(delta.text);
  untold.mutable_token_ids()->Add(delta.token_ids.begin(),
                                  delta.token_ids.end());
  untold.set_is_last(delta.is_last);
  Proceed();
}

void TranslateStreamReactor::Complete(
    absl::StatusOr<v1::TranslateResponse> response) {
  absl::MutexLock lock(&mutex_);
  completed_ = true;
  if (response.ok()) {
    response_ = *std::move(response);
  } else {
    status_.Update(response.status());
  }
  Proceed();
}

void TranslateStreamReactor::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  writing_ = false;
  if (!ok) Abandon();
  Proceed();
}

void TranslateStreamReactor::OnCancel() {
  absl::MutexLock lock(&mutex_);
  Abandon();
  Proceed();
}

// Nobody reads any more.
void TranslateStreamReactor::Abandon() { status_.Update(inside_->Cancel()); }

std::optional<v1::TranslateStreamResponse> TranslateStreamReactor::TakeNext() {
  v1::TranslateStreamResponse next;
  if (!turns_.empty()) {
    const auto node = untold_.extract(turns_.front());
    turns_.pop_front();
    *next.mutable_delta() = std::move(node.mapped());
  } else if (response_.has_value()) {
    *next.mutable_response() = *std::move(response_);
    response_.reset();
  } else {
    return std::nullopt;
  }
  return next;
}

void TranslateStreamReactor::Proceed() {
  if (finished_ || writing_) return;
  if (status_.ok()) {
    if (const auto next = TakeNext()) {
      grpc::ByteBuffer message;
      status_ = SerializeAnswer(*next, environment_.limits, &message);
      if (status_.ok()) {
        writing_ = true;
        call_->StartWrite(message);
        return;
      }
      // Nobody waits for the rest.
      inside_->Cancel().IgnoreError();
    }
  }
  if (!completed_) return;
  finished_ = true;
  record_->End(status_);
  call_->Finish(ToGrpcStatus(status_, call_->context()));
}

}  // namespace

void StartTranslateStream(const CallEnvironment& environment,
                          const RequestWire& wire) {
  std::optional<EnteredCall> entered =
      EnterCall(environment, kTranslateStream.method, wire);
  if (!entered.has_value()) return;
  const int64_t bytes = entered->inside->bytes();
  auto* stream = new TranslateStreamReactor(environment, wire.call,
                                            std::move(entered->inside),
                                            std::move(entered->record));
  wire.call->Bind(stream);
  wire.call->Work(bytes, [stream, request = std::move(entered->request)] {
    stream->Start(request);
  });
}

}  // namespace parley
