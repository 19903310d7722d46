// EmbedTokens: one vector for each token of each text.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_EMBED_TOKENS_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_EMBED_TOKENS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/api/task.h"
#include "server/batching/served_model.h"
#include "server/pipeline/call.h"
#include "server/pipeline/embedding/items.h"
#include "server/pipeline/embedding/tokens.h"
#include "server/pipeline/embedding/vectors.h"

namespace parley {

struct EmbedTokensCall {
  std::vector<std::string> texts;
  // 0 is the embeddings' output, num_layers the last; negative ones count from
  // the end. Empty: the last.
  std::vector<int> layers;
  LayerJoin join = LayerJoin::kConcatenate;
  TokenLimits limits;
  VectorFormat format = VectorFormat::kF32;  // Or kF16.
  CallContext context;
};

struct EmbedTokensResult {
  absl::Status status;
  std::vector<TextToken> token_list;
  std::string vectors;  // [num_tokens, dimensions], as the format says.
  int dimensions = 0;
  int tokens = 0;
  bool truncated = false;
};

struct EmbedTokensReply {
  std::vector<EmbedTokensResult> results;  // One for each text, in order.
  CallTiming timing;
};

// As Embed. INVALID_ARGUMENT also where all vectors together are more than an
// answer may take.
// REQUIRES: the model has Method::kEmbedTokens.
void EmbedTokens(std::shared_ptr<ServedModel> model, const CallLimits& limits,
                 EmbedTokensCall call, ReplyCallback<EmbedTokensReply> done);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_EMBED_TOKENS_H_
