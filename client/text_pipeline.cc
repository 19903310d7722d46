#include "client/text_pipeline.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "base/status_macros.h"
#include "base/utf8.h"

namespace parley::client {
namespace {

// How many batches may be read and not yet handed over, for each that may be
// under way.
constexpr size_t kWindowPerCall = 4;

struct ReadText {
  std::string text;
  // Why it was not sent, or OK.
  absl::Status refusal;
};

// What keeps a text from being sent, or OK.
absl::Status CheckText(absl::string_view text) {
  const size_t valid_bytes = ValidUtf8PrefixBytes(text);
  if (valid_bytes == text.size()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("not UTF-8 from byte ", valid_bytes + 1));
}

// True where further calls of the same run would fail in the same way as one
// that ended with `code`.
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

// Texts that go out in one call. The run's thread owns all of it but `status`,
// which belongs to the call's callback until it reports the batch.
struct Batch {
  std::unique_ptr<TextBatch> call;
  int64_t first_number = 0;
  std::vector<ReadText> texts;
  int num_sent = 0;
  bool done = false;
  absl::Status status;
};

// Counts the calls that end and wakes the run's thread for each. Shared with
// the callbacks, as those may come after a run that an error ended.
class Completions {
 public:
  Completions() : event_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Completions() {
    if (event_fd_ >= 0) ::close(event_fd_);
  }

  int event_fd() const { return event_fd_; }

  // On any thread.
  void Finish(Batch* batch, absl::Status status) {
    {
      absl::MutexLock lock(&mutex_);
      batch->status = std::move(status);
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

// One call of RunTextPipeline: a loop that sends while it may, hands over what
// is next, and waits for input or answers.
class Run {
 public:
  using MakeBatch = absl::FunctionRef<std::unique_ptr<TextBatch>()>;
  using Sink = absl::FunctionRef<absl::Status(const PipelinedText&)>;

  Run(const PipelineOptions& options, TextSource& source, MakeBatch make_batch,
      Sink sink)
      : options_(options),
        source_(source),
        make_batch_(make_batch),
        sink_(sink) {}

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
    batch->call = make_batch_();
    ReadBatch(batch.get());
    if (batch->texts.empty()) return at_end_;
    window_.push_back(batch);
    if (batch->num_sent == 0) {
      batch->done = true;
      return true;
    }
    ++num_under_way_;
    batch->call->Start(
        [completions = completions_, batch](absl::Status status) {
          completions->Finish(batch.get(), std::move(status));
        });
    return true;
  }

  // An error of the source ends the input; what came before is still sent.
  void ReadBatch(Batch* batch) {
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
      absl::Status refusal = AddText(batch, text);
      if (refusal.ok()) ++batch->num_sent;
      batch->texts.push_back({std::move(text), std::move(refusal)});
    }
  }

  static absl::Status AddText(Batch* batch, const std::string& text) {
    PARLEY_RETURN_IF_ERROR(CheckText(text));
    return batch->call->Add(text);
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
    if (EndsRun(batch.status.code())) {
      return absl::Status(batch.status.code(),
                          absl::StrCat("from text ", batch.first_number,
                                       " on: ", batch.status.message()));
    }
    int num_sent = 0;
    for (size_t i = 0; i < batch.texts.size(); ++i) {
      const ReadText& read = batch.texts[i];
      const bool sent = read.refusal.ok();
      PARLEY_RETURN_IF_ERROR(
          sink_({.number = batch.first_number + static_cast<int64_t>(i),
                 .text = read.text,
                 .status = sent ? batch.status : read.refusal,
                 .batch = *batch.call,
                 .index = sent ? num_sent++ : -1}));
    }
    return absl::OkStatus();
  }

  const PipelineOptions& options_;
  TextSource& source_;
  const MakeBatch make_batch_;
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

absl::Status RunTextPipeline(
    const PipelineOptions& options, TextSource& source,
    absl::FunctionRef<std::unique_ptr<TextBatch>()> make_batch,
    absl::FunctionRef<absl::Status(const PipelinedText&)> sink) {
  return Run(options, source, make_batch, sink).Execute();
}

}  // namespace parley::client
