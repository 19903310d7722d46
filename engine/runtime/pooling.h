// How the vectors of a text's tokens become one.
#ifndef PARLEY_ENGINE_RUNTIME_POOLING_H_
#define PARLEY_ENGINE_RUNTIME_POOLING_H_

#include <cstdint>

#include "absl/types/span.h"
#include "engine/api/task.h"

namespace parley {

// The vectors of one text's tokens, one after the other.
struct TokenVectors {
  const float* data = nullptr;  // [num_tokens, width]
  int num_tokens = 0;
  int64_t width = 0;
  // So many at the front take no part, though they count for the weights of
  // those behind them. Fewer than num_tokens.
  int num_skipped = 0;
};

// vector = the tokens' vectors pooled, as sentence-transformers has it. Sums go
// from the first token to the last, so they depend on this text alone. vector:
// [width]. Any thread.
void Pool(Pooling pooling, const TokenVectors& tokens,
          absl::Span<float> vector);

}  // namespace parley

#endif  // PARLEY_ENGINE_RUNTIME_POOLING_H_
