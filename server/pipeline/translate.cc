#include "server/pipeline/translate.h"

#include <cstddef>
#include <cstdint>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "server/pipeline/join.h"
#include "server/pipeline/prepare.h"

namespace parley {
namespace {

using Done = absl::AnyInvocable<void(absl::StatusOr<TranslateReply>)>;

// Statuses that are of the call rather than of one of its texts: the runner
// says them for reasons that all tasks of a call share.
bool IsOfWholeCall(const absl::Status& status) {
  return absl::IsCancelled(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsUnavailable(status);
}

// A call that waits for the engine: counts down its pieces, then joins them.
//
// Thread rule: Start once; the callbacks of the entries on any thread.
class PendingCall : public std::enable_shared_from_this<PendingCall> {
 public:
  struct Options {
    TranslateOptions translate;
    absl::Time begin;  // Of the call.
  };

  PendingCall(std::shared_ptr<ServedModel> model, const Options& options,
              Done done)
      : model_(std::move(model)), options_(options), done_(std::move(done)) {}

  // Takes over what stays here and queues the rest. Ends the call at once
  // where there is none, or where the queue refuses it.
  void Start(PreparedCall prepared, const TranslateCall& call);

 private:
  struct PendingText {
    TextResult result;
    std::vector<std::string> spacing;
    // Each written by its own callback before it counts down. [num_pieces]
    std::vector<absl::StatusOr<TranslatedPiece>> pieces;
  };

  // Takes over what is known of a text; appends its pieces to `entries`.
  void AddText(PreparedText prepared, const TranslateCall& call,
               std::vector<QueueEntry>* entries);
  // The callback of an entry.
  void Complete(size_t text, size_t piece, TaskOutcome outcome);
  absl::StatusOr<TranslatedPiece> Decode(
      absl::StatusOr<TaskResult> result) const;
  absl::StatusOr<TranslateReply> Join(const CallTiming& timing);
  absl::StatusOr<std::vector<TextHypothesis>> JoinText(PendingText text) const;

  const std::shared_ptr<ServedModel> model_;
  const Options options_;
  Done done_;
  JoinOptions join_options_;
  std::vector<PendingText> texts_;  // [num_texts]

  absl::Mutex mutex_;
  int64_t num_pending_ ABSL_GUARDED_BY(mutex_) = 0;  // Pieces.
  CallTiming timing_ ABSL_GUARDED_BY(mutex_);
};

void PendingCall::Start(PreparedCall prepared, const TranslateCall& call) {
  join_options_ = {.length_penalty = prepared.search.length_penalty,
                   .return_tokens = options_.translate.return_tokens};
  std::vector<QueueEntry> entries;
  entries.reserve(prepared.num_pieces);
  texts_.reserve(prepared.texts.size());
  for (PreparedText& text : prepared.texts) {
    AddText(std::move(text), call, &entries);
  }
  CallTiming timing = {.tokenize = absl::Now() - options_.begin};
  if (entries.empty()) {
    done_(Join(timing));
    return;
  }
  {
    absl::MutexLock lock(&mutex_);
    num_pending_ = std::ssize(entries);
    timing_ = timing;
  }
  // Once this is OK, everything here is the callbacks'.
  absl::Status pushed = model_->queue->Push(std::move(entries));
  if (!pushed.ok()) done_(std::move(pushed));
}

void PendingCall::AddText(PreparedText prepared, const TranslateCall& call,
                          std::vector<QueueEntry>* entries) {
  const size_t text_index = texts_.size();
  PendingText& text = texts_.emplace_back();
  text.result.status = std::move(prepared.status);
  text.result.source_tokens = prepared.source_tokens;
  text.result.truncated = prepared.truncated;
  text.spacing = std::move(prepared.spacing);
  if (prepared.pieces.empty() && text.result.status.ok()) {
    text.result.hypotheses.push_back({.text = std::move(prepared.itself)});
  }
  text.pieces.resize(prepared.pieces.size());
  for (size_t i = 0; i < prepared.pieces.size(); ++i) {
    QueueEntry& entry = entries->emplace_back();
    entry.task = std::move(prepared.pieces[i].task);
    entry.cost = prepared.pieces[i].cost;
    entry.deadline = call.deadline;
    entry.cancel = call.cancel;
    entry.done = [self = shared_from_this(), text_index,
                  i](TaskOutcome outcome) {
      self->Complete(text_index, i, std::move(outcome));
    };
  }
}

void PendingCall::Complete(size_t text, size_t piece, TaskOutcome outcome) {
  texts_[text].pieces[piece] = Decode(std::move(outcome.result));
  CallTiming timing;
  {
    absl::MutexLock lock(&mutex_);
    timing_.queue = outcome.queue_time;
    timing_.compute = outcome.compute_time;
    if (--num_pending_ > 0) return;
    timing = timing_;
  }
  done_(Join(timing));
}

absl::StatusOr<TranslatedPiece> PendingCall::Decode(
    absl::StatusOr<TaskResult> result) const {
  if (!result.ok()) return std::move(result).status();
  std::vector<Hypothesis>& hypotheses = result->hypotheses;
  if (hypotheses.empty()) {
    return absl::InternalError("the engine gave no hypothesis");
  }
  TranslatedPiece piece;
  piece.reserve(hypotheses.size());
  for (Hypothesis& hypothesis : hypotheses) {
    PieceHypothesis& next = piece.emplace_back();
    next.text = model_->tokenizer->Decode(hypothesis.token_ids);
    if (join_options_.return_tokens) {
      for (const TokenId id : hypothesis.token_ids) {
        next.tokens.push_back(model_->tokenizer->TokenText(id));
      }
    }
    next.hypothesis = std::move(hypothesis);
  }
  return piece;
}

absl::StatusOr<TranslateReply> PendingCall::Join(const CallTiming& timing) {
  TranslateReply reply;
  reply.timing = timing;
  reply.results.reserve(texts_.size());
  for (PendingText& text : texts_) {
    TextResult& result = reply.results.emplace_back(std::move(text.result));
    if (text.pieces.empty()) continue;
    auto hypotheses = JoinText(std::move(text));
    if (hypotheses.ok()) {
      result.hypotheses = *std::move(hypotheses);
    } else if (IsOfWholeCall(hypotheses.status())) {
      return std::move(hypotheses).status();
    } else {
      result.status = std::move(hypotheses).status();
    }
  }
  return reply;
}

absl::StatusOr<std::vector<TextHypothesis>> PendingCall::JoinText(
    PendingText text) const {
  absl::Status first_failure;
  for (const auto& piece : text.pieces) {
    if (IsOfWholeCall(piece.status())) return piece.status();
    if (first_failure.ok()) first_failure = piece.status();
  }
  PARLEY_RETURN_IF_ERROR(first_failure);
  std::vector<TranslatedPiece> pieces;
  pieces.reserve(text.pieces.size());
  for (auto& piece : text.pieces) pieces.push_back(*std::move(piece));
  return JoinPieces(text.spacing, pieces, join_options_);
}

}  // namespace

void Translate(std::shared_ptr<ServedModel> model,
               const TranslateLimits& limits, TranslateCall call, Done done) {
  const absl::Time begin = absl::Now();
  absl::StatusOr<PreparedCall> prepared = PrepareCall(*model, limits, call);
  if (!prepared.ok()) {
    done(std::move(prepared).status());
    return;
  }
  auto pending = std::make_shared<PendingCall>(
      std::move(model),
      PendingCall::Options{.translate = call.options, .begin = begin},
      std::move(done));
  pending->Start(*std::move(prepared), call);
}

}  // namespace parley
