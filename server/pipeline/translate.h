// The life of one translation call: check, split, tokenize, submit; then join
// and detokenize.
#ifndef PARLEY_SERVER_PIPELINE_TRANSLATE_H_
#define PARLEY_SERVER_PIPELINE_TRANSLATE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/api/task.h"
#include "server/batching/served_model.h"
#include "server/pipeline/call.h"

namespace parley {

enum class SplitMode { kSentences, kParagraphs, kNone };

// The fields of parley.v1.TranslateOptions; unset means the model's default.
struct TranslateOptions {
  std::optional<int> num_beams;
  std::optional<int> num_hypotheses;
  std::optional<float> length_penalty;
  std::optional<int> max_new_tokens;
  std::optional<int> min_new_tokens;
  std::optional<EarlyStopping> early_stopping;
  std::optional<bool> shortlist;
  bool do_sample = false;
  std::optional<float> temperature;
  std::optional<int> top_k;
  std::optional<float> top_p;
  std::optional<uint64_t> seed;
  SplitMode split = SplitMode::kSentences;
  bool return_tokens = false;
};

struct TranslateCall {
  std::vector<std::string> texts;
  std::string source_language;
  std::string target_language;
  TranslateOptions options;
  CallContext context;
};

// One translation of one whole text; the fields of parley.v1.Hypothesis.
struct TextHypothesis {
  std::string text;
  float score = 0;
  float log_prob = 0;
  std::vector<std::string> tokens;  // The last three only with return_tokens.
  std::vector<TokenId> token_ids;
  std::vector<float> token_log_probs;
  FinishReason finish_reason = FinishReason::kEndOfSequence;
};

struct TextResult {
  absl::Status status;
  std::vector<TextHypothesis> hypotheses;
  int source_tokens = 0;
  bool truncated = false;
};

struct TranslateReply {
  std::vector<TextResult> results;  // One for each text, in order.
  CallTiming timing;
};

// Checks `call` against what `model` can do, then translates every text.
// Where call.context.tell is set, it is told of the best translation of each
// text as it comes to be: deltas of one text in order, those of several in any,
// one at a time, on the thread of `done` and before it. The deltas of a text
// that ends well make up its first hypothesis; blank texts are told at once, on
// this thread.
// `done` is called exactly once, on this thread where the call is refused or
// has nothing to compute, else on the runner's completion thread. A refusal of
// the whole call is the status (see parley.v1.TranslationService.Translate),
// and so is what ends all of its work: CANCELLED, DEADLINE_EXCEEDED,
// UNAVAILABLE. What is wrong with one text stands in that text's result. Does
// not block on the engine. Any thread.
void Translate(std::shared_ptr<ServedModel> model, const CallLimits& limits,
               TranslateCall call, ReplyCallback<TranslateReply> done);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_TRANSLATE_H_
