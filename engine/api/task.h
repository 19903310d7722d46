// What the engine is asked to do, and what it answers: plain data.
#ifndef PARLEY_ENGINE_API_TASK_H_
#define PARLEY_ENGINE_API_TASK_H_

#include <cstdint>
#include <optional>
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

// How a task that draws its tokens does so; the words are transformers'.
struct Sampling {
  // Log-probabilities are divided by it first; above 0.
  float temperature = 1.0f;
  int top_k = 50;      // 1 to kMaxSampledTokens.
  float top_p = 1.0f;  // Above 0, to 1.
  uint64_t seed = 0;   // The same seed draws the same tokens.
};
inline constexpr int kMaxSampledTokens = 64;

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
  // Draws tokens instead of taking the likeliest: only with num_beams 1.
  std::optional<Sampling> sampling;
};

// What an encoder model is to make of a text.
enum class EncoderOutput {
  kVector,        // One vector.
  kTokenVectors,  // One for each token.
  kLabels,        // The classification head's logits.
  kNextSentence,  // Logits of "follows" and "does not".
  kMaskedTokens,  // The likeliest tokens at given positions.
};

// How the vectors of tokens become one; the words are sentence-transformers'.
enum class Pooling {
  kCls,
  kMax,
  kMean,
  kMeanSqrtLength,  // Their sum over the square root of their number.
  kWeightedMean,    // Weighted by position, 1 for the first.
  kLastToken,
};

enum class LayerJoin { kConcatenate, kSum };

// How one task of an encoder model is answered.
struct EncodeOptions {
  EncoderOutput output = EncoderOutput::kVector;
  // Token types; empty: all 0. [source_len]
  std::vector<uint8_t> segment_ids;
  // kVector: one after the other; empty: the model's own.
  std::vector<Pooling> pooling;
  // kVector: so many tokens at the front take no part in the pooling.
  int num_unpooled_tokens = 0;
  // kTokenVectors: 0 is the embeddings' output, num_layers the last; empty: the
  // last.
  std::vector<int> layers;
  LayerJoin layer_join = LayerJoin::kConcatenate;
  // kMaskedTokens: of the tokens to predict, and how many for each.
  std::vector<int> positions;
  int top_k = 0;
};

// One text on its way through the engine.
struct Task {
  // With special tokens. [source_len]
  std::vector<TokenId> source_ids;
  // The only target tokens that it may choose: rising, each once, with the end
  // token; empty: any. Read by translation models.
  std::vector<TokenId> target_tokens;
  SearchOptions search;  // Read by translation models.
  // Whether steps tell of its progress. Read by translation models.
  bool wants_progress = false;
  EncodeOptions encode;  // Read by encoder models.
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

struct ScoredToken {
  TokenId id = 0;
  float log_prob = 0;  // Natural logarithm, over the whole vocabulary.
};

// What an encoder model made of a text: finite numbers.
struct EncoderResult {
  // kVector: [embedding_dim], after the model's dense layers, before any
  // normalisation. kTokenVectors: [source_len, d_model], or wider where layers
  // are concatenated. kLabels: [num_labels]. kNextSentence: [2].
  std::vector<float> values;
  // kMaskedTokens: for each position, best first. [num_positions][top_k]
  std::vector<std::vector<ScoredToken>> masked_tokens;
};

// One of the two, by the model's kind.
struct TaskResult {
  std::vector<Hypothesis> hypotheses;  // Best first. [num_hypotheses]
  EncoderResult encoded;
};

}  // namespace parley

#endif  // PARLEY_ENGINE_API_TASK_H_
