// What an encoder reads: sequences of any lengths, one behind the other.
#ifndef PARLEY_ENGINE_MODELS_ENCODER_BATCH_H_
#define PARLEY_ENGINE_MODELS_ENCODER_BATCH_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "engine/layers/attention.h"
#include "engine/layers/embedding.h"

namespace parley {

// Takes no memory for batches of up to `max_rows` rows. Not thread-safe.
class EncoderBatch {
 public:
  explicit EncoderBatch(int64_t max_rows);

  void Clear();

  // Adds a sequence. Its positions count from 0, or as EncoderConfig says of
  // `padding_token`. segment_ids: [ids.size()], or empty for all 0.
  void Append(absl::Span<const int32_t> ids,
              absl::Span<const uint8_t> segment_ids = {},
              std::optional<int> padding_token = std::nullopt);

  int64_t num_rows() const { return static_cast<int64_t>(tokens_.size()); }
  // Valid until the batch changes.
  absl::Span<const Sequence> sequences() const { return sequences_; }
  absl::Span<const TokenInSegment> tokens() const { return tokens_; }

 private:
  std::vector<Sequence> sequences_;
  std::vector<TokenInSegment> tokens_;  // [num_rows]
};

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_ENCODER_BATCH_H_
