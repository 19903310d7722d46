#include "engine/runtime/encode_check.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "engine/runtime/range_check.h"

namespace parley {
namespace {

// Bounds of what one task may ask for; above them an answer has no use, but its
// size could be a danger.
constexpr int kMaxTopK = 1000;
constexpr size_t kMaxPoolings = 16;

absl::Status CheckTokens(const Task& task, const EncoderConfig& config) {
  const std::vector<TokenId>& ids = task.source_ids;
  if (ids.empty()) return absl::InvalidArgumentError("there are no tokens");
  PARLEY_RETURN_IF_ERROR(CheckRange("the number of tokens",
                                    static_cast<int64_t>(ids.size()), 1,
                                    config.max_tokens()));
  for (const TokenId id : ids) {
    PARLEY_RETURN_IF_ERROR(
        CheckRange("a token id", id, 0, config.vocab_size - 1));
  }
  const std::vector<uint8_t>& segments = task.encode.segment_ids;
  if (!segments.empty() && segments.size() != ids.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("there are ", segments.size(), " segment ids, expected ",
                     ids.size(), ", one for each token"));
  }
  // Models without segments have one.
  const int last_segment = std::max(1, config.num_segments) - 1;
  for (const uint8_t segment : segments) {
    PARLEY_RETURN_IF_ERROR(
        CheckRange("a segment id", segment, 0, last_segment));
  }
  return absl::OkStatus();
}

absl::Status CheckVector(const Task& task, const VectorDefaults& defaults) {
  const EncodeOptions& encode = task.encode;
  PARLEY_RETURN_IF_ERROR(CheckRange(
      "the number of tokens that are not pooled", encode.num_unpooled_tokens, 0,
      static_cast<int64_t>(task.source_ids.size()) - 1));
  const size_t count = encode.pooling.size();
  if (count > 0 && defaults.num_poolings > 0 &&
      count != static_cast<size_t>(defaults.num_poolings)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the pooling has ", count,
                     " parts, but the model's dense "
                     "layers take ",
                     defaults.num_poolings));
  }
  return CheckRange("the number of poolings", static_cast<int64_t>(count), 0,
                    kMaxPoolings);
}

absl::Status CheckLayers(const EncodeOptions& encode, int num_layers) {
  PARLEY_RETURN_IF_ERROR(CheckRange("the number of layers",
                                    static_cast<int64_t>(encode.layers.size()),
                                    0, num_layers + 1));
  for (const int layer : encode.layers) {
    PARLEY_RETURN_IF_ERROR(CheckRange("a layer", layer, 0, num_layers));
  }
  return absl::OkStatus();
}

absl::Status CheckMaskedTokens(const Task& task, int vocab_size) {
  const int64_t num_tokens = task.source_ids.size();
  const std::vector<int>& positions = task.encode.positions;
  PARLEY_RETURN_IF_ERROR(CheckRange("the number of positions",
                                    static_cast<int64_t>(positions.size()), 1,
                                    num_tokens));
  for (const int position : positions) {
    PARLEY_RETURN_IF_ERROR(
        CheckRange("a position", position, 0, num_tokens - 1));
  }
  return CheckRange("top_k", task.encode.top_k, 1,
                    std::min(kMaxTopK, vocab_size));
}

absl::Status NoHead(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the model has no ", what));
}

}  // namespace

absl::Status CheckEncodeTask(const Task& task, const EncoderModel& model,
                             const VectorDefaults& defaults) {
  PARLEY_RETURN_IF_ERROR(CheckTokens(task, model.config));
  switch (task.encode.output) {
    case EncoderOutput::kVector:
      return CheckVector(task, defaults);
    case EncoderOutput::kTokenVectors:
      return CheckLayers(task.encode, model.config.num_layers);
    case EncoderOutput::kLabels:
      return model.heads.classifier.has_value() ? absl::OkStatus()
                                                : NoHead("classification head");
    case EncoderOutput::kNextSentence:
      return model.heads.next_sentence.has_value()
                 ? absl::OkStatus()
                 : NoHead("next sentence head");
    case EncoderOutput::kMaskedTokens:
      return model.heads.masked_tokens.has_value()
                 ? CheckMaskedTokens(task, model.config.vocab_size)
                 : NoHead("masked language model head");
  }
  return absl::InvalidArgumentError("the output is unknown");
}

}  // namespace parley
