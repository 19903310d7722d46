// What the engine is asked to do, and what it answers: plain data.
#ifndef PARLEY_ENGINE_API_TASK_H_
#define PARLEY_ENGINE_API_TASK_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"

namespace parley {

// Index of a token in a model's vocabulary.
using TokenId = int32_t;

// Names a task for as long as an engine holds it. The caller chooses it, and
// never twice for one engine.
using TaskId = uint64_t;

inline constexpr int kMaxBeams = 32;

// When a beam search with `num_beams` finished hypotheses stops; the words of
// transformers' `early_stopping` in brackets.
enum class EarlyStopping {
  kHeuristic,  // No running beam is likely to beat the worst of them [False].
  kFirst,      // At once [True].
  kNever,      // No running beam can beat the worst of them ["never"].
};

// How the search of one task goes: every field set.
struct SearchOptions {
  int num_beams = 1;       // 1 to kMaxBeams; 1 is greedy.
  int num_hypotheses = 1;  // 1 to num_beams.
  // Score of a hypothesis: log_prob / length ^ length_penalty, where the
  // length counts the end token but not the start token.
  float length_penalty = 1.0f;
  EarlyStopping early_stopping = EarlyStopping::kHeuristic;
  int max_new_tokens = 0;  // 1 to the model's max_target_tokens.
  int min_new_tokens = 0;  // 0 to max_new_tokens.
};

// One text on its way through the engine.
struct Task {
  std::vector<TokenId>
      source_ids;  // With language and end tokens. [source_len]
  SearchOptions search;
};

enum class FinishReason {
  kEndOfSequence,  // The model chose the end token.
  kLength,         // max_new_tokens was reached.
};

// One finished target sequence.
struct Hypothesis {
  std::vector<TokenId>
      token_ids;  // Without start, with end token. [target_len]
  std::vector<float> token_log_probs;  // Natural logarithms. [target_len]
  float log_prob = 0;                  // Their sum.
  float score = 0;                     // See SearchOptions::length_penalty.
  FinishReason finish_reason = FinishReason::kEndOfSequence;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_API_TASK_H_
