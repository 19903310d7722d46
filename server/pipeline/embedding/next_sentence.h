// NextSentence: whether the second text of a pair follows the first.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_NEXT_SENTENCE_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_NEXT_SENTENCE_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "server/batching/served_model.h"
#include "server/pipeline/call.h"
#include "server/pipeline/embedding/items.h"

namespace parley {

struct NextSentenceCall {
  std::vector<TextPair> pairs;
  TokenLimits limits;
  CallContext context;
};

struct NextSentenceResult {
  absl::Status status;
  float probability = 0;      // That it follows.
  std::vector<float> logits;  // Of following and of not following.
  int tokens = 0;
  bool truncated = false;
};

struct NextSentenceReply {
  std::vector<NextSentenceResult> results;  // One for each pair, in order.
  CallTiming timing;
};

// As Embed.
// REQUIRES: the model has Method::kNextSentence.
void NextSentence(std::shared_ptr<ServedModel> model, const CallLimits& limits,
                  NextSentenceCall call, ReplyCallback<NextSentenceReply> done);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_NEXT_SENTENCE_H_
