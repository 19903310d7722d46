// Similarity: how like one text is to others.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_SIMILARITY_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_SIMILARITY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/batching/served_model.h"
#include "server/pipeline/call.h"
#include "server/pipeline/embedding/embed.h"

namespace parley {

struct SimilarityCall {
  std::string text;
  std::vector<std::string> others;
  EmbedOptions options;  // Without format and chunking.
  CallContext context;
};

struct SimilarityResult {
  absl::Status status;
  float score = 0;
  int tokens = 0;
  bool truncated = false;
};

struct SimilarityReply {
  std::vector<SimilarityResult> results;  // One for each other, in order.
  CallTiming timing;
};

// Embeds the text and the others, and compares them by the model's measure.
// What is wrong with the text itself is the status of the whole call. Else as
// Embed.
// REQUIRES: the model has Method::kSimilarity.
void Similarity(std::shared_ptr<ServedModel> model, const CallLimits& limits,
                SimilarityCall call, ReplyCallback<SimilarityReply> done);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_SIMILARITY_H_
