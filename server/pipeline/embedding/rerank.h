// Rerank: documents by how well they answer a query.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_RERANK_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_RERANK_H_

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

struct RerankCall {
  std::string query;
  std::vector<std::string> documents;
  std::optional<int> top_n;
  std::optional<ScoreFunction> score_function;  // Unset: kSigmoid.
  TokenLimits limits;
  bool return_documents = false;
  CallContext context;
};

struct RerankResult {
  absl::Status status;
  int index = 0;  // Of the document.
  float score = 0;
  int tokens = 0;
  bool truncated = false;
  std::string document;  // Only with return_documents.
};

struct RerankReply {
  // The best top_n, best first, equal ones in the call's order; then all that
  // failed.
  std::vector<RerankResult> results;
  CallTiming timing;
};

// As Embed.
// REQUIRES: the model has Method::kRerank.
void Rerank(std::shared_ptr<ServedModel> model, const CallLimits& limits,
            RerankCall call, ReplyCallback<RerankReply> done);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_RERANK_H_
