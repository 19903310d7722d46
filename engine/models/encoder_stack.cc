#include "engine/models/encoder_stack.h"

namespace parley {

std::vector<Sequence> PlaceSequences(absl::Span<const EncoderSequence> batch) {
  std::vector<Sequence> sequences;
  sequences.reserve(batch.size());
  int64_t begin = 0;
  for (const EncoderSequence& sequence : batch) {
    const int length = static_cast<int>(sequence.ids.size());
    sequences.push_back({.begin = begin, .length = length});
    begin += length;
  }
  return sequences;
}

}  // namespace parley
