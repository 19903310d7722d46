// What calls of EmbeddingService bring to be encoded, as plain data.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_ITEMS_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_ITEMS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/api/encoder_tokenizer.h"
#include "engine/api/task.h"
#include "server/pipeline/call.h"

namespace parley {

// Unset: as the model's tokenizer says.
enum class Truncation { kRight, kLeft, kRefuse };

struct TokenLimits {
  std::optional<Truncation> truncation;
  std::optional<int> max_tokens;
  PairTruncation pair_truncation = PairTruncation::kLongestFirst;
};

struct TextPair {
  std::optional<std::string> first;
  std::optional<std::string> second;
};

struct TokenInput {
  std::vector<TokenId> token_ids;
  std::vector<int> segment_ids;  // Empty: all 0.
};

// The items of a request, of one kind once checked.
struct Items {
  std::vector<std::string> texts;
  std::vector<TextPair> pairs;
  std::vector<TokenInput> inputs;

  size_t size() const { return texts.size() + pairs.size() + inputs.size(); }
};

// INVALID_ARGUMENT where there are items of more than one kind, naming them,
// or more than a request may bring.
absl::Status CheckItems(const Items& items, const CallLimits& limits);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_ITEMS_H_
