#include "server/pipeline/translate.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

#include "absl/time/clock.h"
#include "base/status_macros.h"
#include "server/pipeline/delta_teller.h"
#include "server/pipeline/join.h"
#include "server/pipeline/prepare.h"
#include "server/pipeline/task_group.h"

namespace parley {
namespace {

// A call that waits for the engine. One call at a time, on any thread.
class PendingCall {
 public:
  // `tell` may be null.
  PendingCall(std::shared_ptr<ServedModel> model, const JoinOptions& options,
              std::function<void(TextDelta)> tell)
      : model_(std::move(model)), options_(options) {
    if (tell == nullptr) return;
    teller_.emplace(DeltaTeller::Options{.tokenizer = model_->tokenizer.get(),
                                         .return_tokens = options.return_tokens,
                                         .tell = std::move(tell)});
  }

  bool tells() const { return teller_.has_value(); }

  // Takes over what is known of a text; appends its pieces to `tasks`.
  void AddText(PreparedText prepared, std::vector<PreparedTask>* tasks);

  // More tokens of the task at `index` of those appended. REQUIRES: tells()
  void Progress(size_t index, std::vector<TokenId> token_ids) {
    teller_->Progress(slots_[index], token_ids);
  }

  // Its result.
  void Complete(size_t index, absl::StatusOr<TaskResult> result) {
    const DeltaTeller::Place slot = slots_[index];
    absl::StatusOr<TranslatedPiece>& piece =
        texts_[slot.text].pieces[slot.piece];
    piece = Decode(std::move(result));
    if (!tells()) return;
    if (!piece.ok()) {
      teller_->Fail(slot.text);
      return;
    }
    absl::Status told = teller_->Complete(slot, piece->front());
    if (!told.ok()) piece = std::move(told);
  }

  // What all texts have become.
  std::vector<TextResult> Join();

 private:
  struct PendingText {
    TextResult result;
    std::vector<std::string> spacing;
    std::vector<absl::StatusOr<TranslatedPiece>> pieces;  // [num_pieces]
  };

  absl::StatusOr<TranslatedPiece> Decode(
      absl::StatusOr<TaskResult> result) const;
  absl::StatusOr<std::vector<TextHypothesis>> JoinText(PendingText text) const;

  const std::shared_ptr<ServedModel> model_;
  const JoinOptions options_;
  std::vector<PendingText> texts_;         // [num_texts]
  std::vector<DeltaTeller::Place> slots_;  // [num_tasks]
  std::optional<DeltaTeller> teller_;
};

void PendingCall::AddText(PreparedText prepared,
                          std::vector<PreparedTask>* tasks) {
  PendingText& text = texts_.emplace_back();
  text.result.status = std::move(prepared.status);
  text.result.source_tokens = prepared.source_tokens;
  text.result.truncated = prepared.truncated;
  text.spacing = std::move(prepared.spacing);
  const bool is_itself = prepared.pieces.empty() && text.result.status.ok();
  if (tells() && is_itself) teller_->AddItself(prepared.itself);
  if (tells() && !is_itself) teller_->AddText(text.spacing);
  if (is_itself) {
    text.result.hypotheses.push_back({.text = std::move(prepared.itself)});
  }
  text.pieces.resize(prepared.pieces.size());
  for (size_t i = 0; i < prepared.pieces.size(); ++i) {
    slots_.push_back({.text = texts_.size() - 1, .piece = i});
    tasks->push_back(std::move(prepared.pieces[i]));
  }
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
    if (options_.return_tokens) {
      for (const TokenId id : hypothesis.token_ids) {
        next.tokens.push_back(model_->tokenizer->TokenText(id));
      }
    }
    next.hypothesis = std::move(hypothesis);
  }
  return piece;
}

std::vector<TextResult> PendingCall::Join() {
  std::vector<TextResult> results;
  results.reserve(texts_.size());
  for (PendingText& text : texts_) {
    TextResult& result = results.emplace_back(std::move(text.result));
    if (text.pieces.empty()) continue;
    auto hypotheses = JoinText(std::move(text));
    if (hypotheses.ok()) {
      result.hypotheses = *std::move(hypotheses);
    } else {
      result.status = std::move(hypotheses).status();
    }
  }
  return results;
}

absl::StatusOr<std::vector<TextHypothesis>> PendingCall::JoinText(
    PendingText text) const {
  std::vector<TranslatedPiece> pieces;
  pieces.reserve(text.pieces.size());
  for (auto& piece : text.pieces) {
    PARLEY_RETURN_IF_ERROR(piece.status());
    pieces.push_back(*std::move(piece));
  }
  return JoinPieces(text.spacing, pieces, options_);
}

}  // namespace

void Translate(std::shared_ptr<ServedModel> model, const CallLimits& limits,
               TranslateCall call, ReplyCallback<TranslateReply> done) {
  const absl::Time begin = absl::Now();
  absl::StatusOr<PreparedCall> prepared = PrepareCall(*model, limits, call);
  if (!prepared.ok()) {
    done(std::move(prepared).status());
    return;
  }
  // What is drawn anew each time is not asked for again.
  call.context.no_cache |=
      prepared->search.sampling.has_value() && !call.options.seed.has_value();
  const JoinOptions options = {
      .length_penalty = prepared->search.length_penalty,
      .return_tokens = call.options.return_tokens};
  auto pending =
      std::make_shared<PendingCall>(model, options, call.context.tell);
  TaskGroup group;
  group.tasks.reserve(prepared->num_pieces);
  for (PreparedText& text : prepared->texts) {
    pending->AddText(std::move(text), &group.tasks);
  }
  group.each = [pending](size_t index, absl::StatusOr<TaskResult> result) {
    pending->Complete(index, std::move(result));
  };
  if (pending->tells()) {
    group.progress = [pending](size_t index, std::vector<TokenId> token_ids) {
      pending->Progress(index, std::move(token_ids));
    };
  }
  group.done =
      [pending, tokenize = absl::Now() - begin,
       done = std::move(done)](absl::StatusOr<CallTiming> timing) mutable {
        if (!timing.ok()) {
          done(std::move(timing).status());
          return;
        }
        timing->tokenize = tokenize;
        done(TranslateReply{.results = pending->Join(), .timing = *timing});
      };
  RunTasks(std::move(group), call.context, std::move(model));
}

}  // namespace parley
