#include "client/line_translation.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "base/status_macros.h"
#include "base/utf8.h"

namespace parley::client {
namespace {

using ::parley::v1::TranslateRequest;
using ::parley::v1::TranslateResponse;
using ::parley::v1::TranslateResult;

// How many batches may be read and not yet handed over, for each that may be
// under way.
constexpr size_t kWindowPerCall = 4;

// Texts that go out in one call. The run's thread owns all of it but `answer`,
// which belongs to the call's callback until it reports the batch.
struct Batch {
  int64_t first_number = 0;
  std::vector<std::string> texts;
  // How many of them were sent: those that are UTF-8.
  int num_sent = 0;
  bool done = false;
  absl::StatusOr<TranslateResponse> answer = TranslateResponse();
};

bool IsUtf8(const std::string& text) {
  return ValidUtf8PrefixBytes(text) == text.size();
}

// True where further calls of the same run would fail in the same way.
bool EndsRun(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kUnavailable:
      return true;
    default:
      return false;
  }
}

TranslateResult FailedResult(const absl::Status& status) {
  TranslateResult result;
  result.mutable_status()->set_code(static_cast<int>(status.code()));
  result.mutable_status()->set_message(std::string(status.message()));
  return result;
}

// Counts the calls that end and wakes the run's thread for each. Shared with
// the callbacks, as those may come after a run that an error ended.
class Completions {
 public:
  Completions() : event_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Completions() {
    if (event_fd_ >= 0) ::close(event_fd_);
  }

  int event_fd() const { return event_fd_; }

  // On a thread of gRPC's.
  void Finish(Batch* batch, absl::StatusOr<TranslateResponse> answer) {
    {
      absl::MutexLock lock(&mutex_);
      batch->answer = std::move(answer);
      finished_.push_back(batch);
    }
    const uint64_t one = 1;
    // Can only fail where the counter is full, which wakes as well.
    [[maybe_unused]] const ssize_t written =
        ::write(event_fd_, &one, sizeof(one));
  }

  // The batches that have finished since the last call.
  std::vector<Batch*> Take() {
    uint64_t count = 0;
    [[maybe_unused]] const ssize_t num_read =
        ::read(event_fd_, &count, sizeof(count));
    absl::MutexLock lock(&mutex_);
    return std::exchange(finished_, {});
  }

 private:
  const int event_fd_;
  absl::Mutex mutex_;
  std::vector<Batch*> finished_ ABSL_GUARDED_BY(mutex_);
};

// The outcome of a text that was sent, `index` counting those alone.
TranslateResult TakeResult(Batch& batch, int index) {
  if (!batch.answer.ok()) return FailedResult(batch.answer.status());
  TranslateResult result = std::move(*batch.answer->mutable_results(index));
  result.mutable_status();  // Left out, it is OK.
  if (result.status().code() != 0) result.clear_hypotheses();
  return result;
}

// One call of TranslateTexts: a loop that sends while it may, hands over what
// is next, and waits for input or answers.
class Run {
 public:
  using Sink = absl::FunctionRef<absl::Status(const TranslatedText&)>;

  Run(Client& client, const LineTranslationOptions& options, TextSource& source,
      Sink sink)
      : client_(client), options_(options), source_(source), sink_(sink) {}

  absl::Status Execute() {
    if (completions_->event_fd() < 0) {
      return absl::ErrnoToStatus(errno, "cannot make an event descriptor");
    }
    for (;;) {
      PARLEY_RETURN_IF_ERROR(HandOverDone());
      if (at_end_ && window_.empty()) return source_status_;
      if (!MaySend() || !SendBatch()) PARLEY_RETURN_IF_ERROR(Wait());
      for (Batch* batch : completions_->Take()) {
        --num_under_way_;
        batch->done = true;
      }
    }
  }

 private:
  bool MaySend() const {
    return !at_end_ && num_under_way_ < options_.in_flight &&
           window_.size() < kWindowPerCall * options_.in_flight;
  }

  // Sends what the source has, up to a batch; false where that is nothing yet.
  bool SendBatch() {
    auto batch = std::make_shared<Batch>();
    TranslateRequest request = options_.request;
    ReadBatch(batch.get(), &request);
    if (batch->texts.empty()) return at_end_;
    batch->num_sent = request.texts_size();
    window_.push_back(batch);
    if (batch->num_sent == 0) {
      batch->done = true;
      return true;
    }
    ++num_under_way_;
    client_.TranslateAsync(
        std::move(request), [completions = completions_,
                             batch](absl::StatusOr<TranslateResponse> answer) {
          completions->Finish(batch.get(), std::move(answer));
        });
    return true;
  }

  // An error of the source ends the input; what came before is still sent.
  void ReadBatch(Batch* batch, TranslateRequest* request) {
    batch->first_number = num_read_ + 1;
    size_t size_bytes = 0;
    while (batch->texts.size() < static_cast<size_t>(options_.batch_size) &&
           size_bytes < options_.batch_bytes) {
      std::string text;
      const absl::StatusOr<TextSource::Next> next = source_.Read(&text);
      if (!next.ok()) source_status_ = next.status();
      if (!next.ok() || *next == TextSource::Next::kEnd) at_end_ = true;
      if (at_end_ || *next == TextSource::Next::kWait) return;
      ++num_read_;
      size_bytes += text.size();
      if (IsUtf8(text)) request->add_texts(text);
      batch->texts.push_back(std::move(text));
    }
  }

  // Until an answer comes, or input where it could be sent.
  absl::Status Wait() {
    pollfd fds[2] = {{.fd = completions_->event_fd(), .events = POLLIN},
                     {.fd = source_.fd(), .events = POLLIN}};
    if (::poll(fds, MaySend() ? 2 : 1, /*timeout=*/-1) < 0 && errno != EINTR) {
      return absl::ErrnoToStatus(errno, "cannot wait for answers");
    }
    return absl::OkStatus();
  }

  absl::Status HandOverDone() {
    while (!window_.empty() && window_.front()->done) {
      const std::shared_ptr<Batch> batch = std::move(window_.front());
      window_.pop_front();
      PARLEY_RETURN_IF_ERROR(HandOver(*batch));
    }
    return absl::OkStatus();
  }

  absl::Status HandOver(Batch& batch) {
    if (batch.answer.ok() && batch.answer->results_size() != batch.num_sent) {
      batch.answer = absl::InternalError(
          absl::StrCat("the server answered ", batch.num_sent, " texts with ",
                       batch.answer->results_size(), " results"));
    }
    if (const absl::Status status = batch.answer.status();
        EndsRun(status.code())) {
      return absl::Status(status.code(),
                          absl::StrCat("from text ", batch.first_number,
                                       " on: ", status.message()));
    }
    const std::string model = batch.answer.ok() ? batch.answer->model() : "";
    int num_taken = 0;
    for (size_t i = 0; i < batch.texts.size(); ++i) {
      const std::string& text = batch.texts[i];
      const TranslateResult result =
          IsUtf8(text)
              ? TakeResult(batch, num_taken++)
              : FailedResult(absl::InvalidArgumentError(absl::StrCat(
                    "not UTF-8 from byte ", ValidUtf8PrefixBytes(text) + 1)));
      PARLEY_RETURN_IF_ERROR(
          sink_({.number = batch.first_number + static_cast<int64_t>(i),
                 .text = text,
                 .model = model,
                 .result = result}));
    }
    return absl::OkStatus();
  }

  Client& client_;
  const LineTranslationOptions& options_;
  TextSource& source_;
  const Sink sink_;
  const std::shared_ptr<Completions> completions_ =
      std::make_shared<Completions>();
  // Batches read and not yet handed over, in order.
  std::deque<std::shared_ptr<Batch>> window_;
  int num_under_way_ = 0;
  int64_t num_read_ = 0;
  bool at_end_ = false;
  absl::Status source_status_;
};

}  // namespace

absl::Status TranslateTexts(
    Client& client, const LineTranslationOptions& options, TextSource& source,
    absl::FunctionRef<absl::Status(const TranslatedText&)> sink) {
  return Run(client, options, source, sink).Execute();
}

}  // namespace parley::client
