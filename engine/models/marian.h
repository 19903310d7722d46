// MarianMT, the architecture of OPUS-MT (Junczys-Dowmunt et al. 2018; Tiedemann
// & Thottingal 2020): a post-norm transformer with sinusoidal positions.
#ifndef PARLEY_ENGINE_MODELS_MARIAN_H_
#define PARLEY_ENGINE_MODELS_MARIAN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "engine/layers/activations.h"
#include "engine/layers/attention.h"
#include "engine/layers/embedding.h"
#include "engine/layers/kv_cache.h"
#include "engine/layers/weights.h"
#include "engine/models/encoder_batch.h"
#include "engine/models/marian_config.h"
#include "engine/models/weight_loader.h"
#include "engine/weights/weight_file.h"

namespace parley {

struct MarianEncoderLayer {
  SelfAttentionWeights self_attention;
  FeedForwardWeights feed_forward;
};

struct MarianDecoderLayer {
  SelfAttentionWeights self_attention;
  CrossAttentionWeights cross_attention;
  FeedForwardWeights feed_forward;
};

// Read-only once loaded.
struct MarianWeights {
  EmbeddingTable encoder_tokens;  // [encoder.vocab_size, d_model]
  EmbeddingTable decoder_tokens;  // [decoder.vocab_size, d_model]
  FloatBuffer encoder_positions;  // [max_positions, d_model]
  FloatBuffer decoder_positions;  // [max_positions, d_model]
  std::vector<MarianEncoderLayer> encoder_layers;
  std::vector<MarianDecoderLayer> decoder_layers;
  std::unique_ptr<kernels::WideLinear> output;  // d_model -> decoder.vocab_size
  int64_t num_parameters = 0;
  // Tensors of the file that such a model does not have.
  std::vector<std::string> unknown_tensors;
};

// Packs the weights of `file`. INVALID_ARGUMENT names all tensors that are
// missing or malformed.
absl::StatusOr<MarianWeights> LoadMarianWeights(
    const MarianConfig& config, std::shared_ptr<const WeightFile> file,
    const WeightOptions& options);

// What the decoder reads in one step, one entry a row.
struct MarianDecoderInput {
  absl::Span<const int32_t> tokens;  // [num_rows]
  absl::Span<const int> positions;   // From 0 for the start token. [num_rows]
  absl::Span<const CachedRow> rows;  // [num_rows]
};

// A model's fixed parts, as the functions below take them.
struct MarianModel {
  MarianConfig config;
  MarianWeights weights;
};

// Scratch sizes for passes of up to `max_rows` rows.
ActivationSizes MarianActivationSizes(const MarianConfig& config,
                                      int64_t max_rows);

// Runs the encoder over all sources as one ragged batch, and stores the keys
// and values that the decoder's cross-attention will read, each row's in its
// slot. slots: [batch.num_rows()]. Leaves the encoder's output in
// activations.hidden(): [batch.num_rows(), d_model].
// REQUIRES: ids in range; no source longer than max_positions; at most
// activations.sizes().max_rows rows.
void MarianEncode(const MarianModel& model, const EncoderBatch& batch,
                  absl::Span<const int32_t> slots, KvPool& pool,
                  Activations& activations);

// Runs the decoder over one step's rows. Leaves what the output projection
// takes in activations.hidden(): [num_rows, d_model].
// REQUIRES: as above, and at most max_rows rows.
void MarianDecode(const MarianModel& model, const MarianDecoderInput& input,
                  KvPool& pool, Activations& activations);

}  // namespace parley

#endif  // PARLEY_ENGINE_MODELS_MARIAN_H_
