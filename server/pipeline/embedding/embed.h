// Embed: one vector for each item, or one for each chunk of it.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_EMBED_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_EMBED_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "engine/api/task.h"
#include "engine/api/tokenizer.h"
#include "server/batching/served_model.h"
#include "server/pipeline/call.h"
#include "server/pipeline/embedding/items.h"
#include "server/pipeline/embedding/vectors.h"

namespace parley {

struct Chunking {
  enum class Output { kChunks, kMean };
  Output output = Output::kChunks;
  int overlap_tokens = 0;
};

// The fields of parley.v1.EmbedOptions; unset means the model's default.
struct EmbedOptions {
  std::optional<Pooling> pooling;
  std::optional<bool> normalize;
  std::optional<int> dimensions;
  std::optional<std::string> prompt_name;  // One of the two at most.
  std::optional<std::string> prompt;
  TokenLimits limits;
  VectorFormat format = VectorFormat::kF32;
  std::optional<Chunking> chunking;
};

struct EmbedCall {
  Items items;
  EmbedOptions options;
  CallContext context;
};

struct EmbedChunk {
  PackedVector vector;
  int tokens = 0;
  ByteRange range;  // Of the text.
};

struct EmbedResult {
  absl::Status status;
  PackedVector vector;  // Empty where chunks are asked for.
  int dimensions = 0;
  int tokens = 0;
  bool truncated = false;
  std::vector<EmbedChunk> chunks;
};

struct EmbedReply {
  std::vector<EmbedResult> results;  // One for each item, in order.
  CallTiming timing;
};

// Checks `call`, then embeds every item. `done` is called exactly once, on this
// thread where the call is refused or has nothing to compute, else on the
// runner's completion thread. Its status is one of the whole call; what is
// wrong with one item stands in that item's result. Any thread.
// REQUIRES: the model has Method::kEmbed.
void Embed(std::shared_ptr<ServedModel> model, const CallLimits& limits,
           EmbedCall call, ReplyCallback<EmbedReply> done);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_EMBED_H_
