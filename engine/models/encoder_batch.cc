#include "engine/models/encoder_batch.h"

namespace parley {

EncoderBatch::EncoderBatch(int64_t max_rows) {
  sequences_.reserve(max_rows);
  tokens_.reserve(max_rows);
}

void EncoderBatch::Clear() {
  sequences_.clear();
  tokens_.clear();
}

void EncoderBatch::Append(absl::Span<const int32_t> ids,
                          absl::Span<const uint8_t> segment_ids,
                          std::optional<int> padding_token) {
  sequences_.push_back(
      {.begin = num_rows(), .length = static_cast<int>(ids.size())});
  int next_position = padding_token ? *padding_token + 1 : 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    const int32_t id = ids[i];
    tokens_.push_back({.id = id,
                       .position = id == padding_token ? id : next_position++,
                       .segment = segment_ids.empty() ? 0 : segment_ids[i]});
  }
}

}  // namespace parley
