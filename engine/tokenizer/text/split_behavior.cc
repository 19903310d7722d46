#include "engine/tokenizer/text/split_behavior.h"

#include <algorithm>

namespace parley {
namespace {

// Whether `next` goes into one part with `previous`, the stretch before it.
bool Joins(const Stretch& previous, const Stretch& next,
           SplitBehavior behavior) {
  switch (behavior) {
    case SplitBehavior::kMergedWithPrevious:
      return next.is_match && !previous.is_match;
    case SplitBehavior::kMergedWithNext:
      return previous.is_match && !next.is_match;
    case SplitBehavior::kContiguous:
      return previous.is_match == next.is_match;
    case SplitBehavior::kRemoved:
    case SplitBehavior::kIsolated:
      break;
  }
  return false;
}

}  // namespace

void SplitWord(const AlignedText& word, const std::vector<Stretch>& stretches,
               SplitBehavior behavior, std::vector<AlignedText>* parts) {
  for (size_t i = 0; i < stretches.size();) {
    const size_t begin = stretches[i].begin;
    size_t end = stretches[i].end;
    const bool is_match = stretches[i].is_match;
    for (++i; i < stretches.size() &&
              Joins(stretches[i - 1], stretches[i], behavior);
         ++i) {
      end = stretches[i].end;
    }
    if (begin == end) continue;
    if (is_match && behavior == SplitBehavior::kRemoved) continue;
    parts->push_back(word.Part(begin, end));
  }
}

}  // namespace parley
