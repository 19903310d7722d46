// FillMask: the likeliest tokens in place of each mask token.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_FILL_MASK_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_FILL_MASK_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/api/task.h"
#include "server/batching/served_model.h"
#include "server/pipeline/call.h"
#include "server/pipeline/embedding/items.h"

namespace parley {

struct FillMaskCall {
  static constexpr int kDefaultTopK = 5;
  static constexpr int kMaxTopK = 100;

  std::vector<std::string> texts;
  std::optional<int> top_k;
  TokenLimits limits;
  CallContext context;
};

struct FilledToken {
  TokenId id = 0;
  std::string token;  // As the vocabulary spells it.
  std::string text;
  float probability = 0;
  float log_prob = 0;
};

struct FilledMask {
  int position = 0;                 // Of the mask in the model's input.
  std::vector<FilledToken> tokens;  // Best first.
};

struct FillMaskResult {
  absl::Status status;
  std::vector<FilledMask> masks;  // In the text's order.
  int tokens = 0;
  bool truncated = false;
};

struct FillMaskReply {
  std::vector<FillMaskResult> results;  // One for each text, in order.
  CallTiming timing;
};

// As Embed. INVALID_ARGUMENT in the result of a text without a mask token, or
// whose mask tokens were cut off.
// REQUIRES: the model has Method::kFillMask.
void FillMask(std::shared_ptr<ServedModel> model, const CallLimits& limits,
              FillMaskCall call, ReplyCallback<FillMaskReply> done);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_FILL_MASK_H_
