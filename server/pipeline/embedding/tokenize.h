// Tokenize and Detokenize: text to tokens and back, without the engine.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_TOKENIZE_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_TOKENIZE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/batching/served_model.h"
#include "server/pipeline/call.h"
#include "server/pipeline/embedding/items.h"
#include "server/pipeline/embedding/tokens.h"

namespace parley {

struct TokenizeCall {
  Items items;  // Texts or pairs.
  bool add_special_tokens = true;
  std::optional<TokenLimits> limits;  // Unset: never cut.
  CallContext context;
};

struct TokenizeResult {
  absl::Status status;
  std::vector<TextToken> tokens;
  bool truncated = false;
};

struct TokenizeReply {
  std::vector<TokenizeResult> results;  // One for each item, in order.
};

// Calls back on this thread. Statuses as Embed's; INVALID_ARGUMENT also where
// all tokens together are more than an answer may take.
// REQUIRES: the model has Method::kTokenize.
void Tokenize(std::shared_ptr<ServedModel> model, const CallLimits& limits,
              TokenizeCall call, ReplyCallback<TokenizeReply> done);

struct DetokenizeCall {
  std::vector<TokenInput> inputs;  // Segments are passed over.
  bool keep_special_tokens = false;
  CallContext context;
};

struct DetokenizeResult {
  absl::Status status;
  std::string text;
};

struct DetokenizeReply {
  std::vector<DetokenizeResult> results;  // One for each input, in order.
};

// Calls back on this thread. An id outside the vocabulary is INVALID_ARGUMENT
// in its input's result.
// REQUIRES: the model has Method::kDetokenize.
void Detokenize(std::shared_ptr<ServedModel> model, const CallLimits& limits,
                DetokenizeCall call, ReplyCallback<DetokenizeReply> done);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_TOKENIZE_H_
