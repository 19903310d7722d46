// Classify: labels with scores.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_CLASSIFY_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_CLASSIFY_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/batching/served_model.h"
#include "server/pipeline/call.h"
#include "server/pipeline/embedding/items.h"
#include "server/pipeline/embedding/scores.h"

namespace parley {

struct ClassifyCall {
  Items items;
  std::optional<int> top_k;
  std::optional<ScoreFunction> score_function;  // Unset: the model's.
  TokenLimits limits;
  CallContext context;
};

struct LabelScore {
  std::string label;
  float score = 0;
  int index = 0;  // Of the label.
};

struct ClassifyResult {
  absl::Status status;
  std::vector<LabelScore> labels;  // Best first, equal ones by their index.
  int tokens = 0;
  bool truncated = false;
};

struct ClassifyReply {
  std::vector<ClassifyResult> results;  // One for each item, in order.
  CallTiming timing;
};

// As Embed.
// REQUIRES: the model has Method::kClassify.
void Classify(std::shared_ptr<ServedModel> model, const CallLimits& limits,
              ClassifyCall call, ReplyCallback<ClassifyReply> done);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_CLASSIFY_H_
