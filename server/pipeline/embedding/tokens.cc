#include "server/pipeline/embedding/tokens.h"

#include <cstddef>

namespace parley {

std::vector<TextToken> ListTokens(const EncoderInput& input,
                                  const EncoderTokenizer& tokenizer) {
  std::vector<TextToken> tokens;
  tokens.reserve(input.ids.size());
  for (size_t i = 0; i < input.ids.size(); ++i) {
    tokens.push_back({.id = input.ids[i],
                      .text = tokenizer.TokenText(input.ids[i]),
                      .range = input.offsets[i],
                      .special = input.text_index[i] == EncoderInput::kSpecial,
                      .segment = input.segment_ids[i]});
  }
  return tokens;
}

}  // namespace parley
