#include "engine/tokenizer/truncation.h"

#include <algorithm>

namespace parley {

std::pair<size_t, size_t> TruncateLongestFirst(size_t first, size_t second,
                                               size_t max_tokens) {
  if (first + second <= max_tokens) return {first, second};
  const bool swap = first > second;
  size_t shorter = std::min(first, second);
  size_t longer = shorter;
  if (shorter <= max_tokens) longer = std::max(shorter, max_tokens - shorter);
  if (shorter + longer > max_tokens) {
    shorter = max_tokens / 2;
    longer = shorter + max_tokens % 2;
  }
  if (swap) return {longer, shorter};
  return {shorter, longer};
}

std::optional<std::pair<size_t, size_t>> TruncateOnly(PairTruncation which,
                                                      size_t first,
                                                      size_t second,
                                                      size_t max_tokens) {
  std::pair<size_t, size_t> kept = {first, second};
  if (first + second <= max_tokens) return kept;
  size_t& cut = which == PairTruncation::kOnlyFirst ? kept.first : kept.second;
  const size_t surplus = first + second - max_tokens;
  if (cut <= surplus) return std::nullopt;
  cut -= surplus;
  return kept;
}

}  // namespace parley
