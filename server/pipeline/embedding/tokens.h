// Tokens as answers show them.
#ifndef PARLEY_SERVER_PIPELINE_EMBEDDING_TOKENS_H_
#define PARLEY_SERVER_PIPELINE_EMBEDDING_TOKENS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/api/encoder_tokenizer.h"
#include "engine/api/task.h"

namespace parley {

// The fields of parley.v1.Token.
struct TextToken {
  TokenId id = 0;
  std::string text;
  ByteRange range;
  bool special = false;
  int segment = 0;
};

// Bytes that a token takes in an answer and while it is made, roughly, so that
// answers can be bounded before they are made.
inline constexpr int64_t kTextTokenBytes = 16;

std::vector<TextToken> ListTokens(const EncoderInput& input,
                                  const EncoderTokenizer& tokenizer);

}  // namespace parley

#endif  // PARLEY_SERVER_PIPELINE_EMBEDDING_TOKENS_H_
