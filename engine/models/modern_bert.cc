#include "engine/models/modern_bert.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/kernels/team.h"
#include "engine/layers/embedding.h"
#include "engine/layers/feed_forward.h"
#include "engine/layers/residual.h"
#include "engine/layers/rotary.h"
#include "engine/layers/weights.h"
#include "engine/models/weight_loader.h"

namespace parley {
namespace {

struct ModernBertLayer {
  std::optional<NormWeights> attention_norm;  // The first layer has none.
  std::unique_ptr<kernels::Linear> query_key_value;   // d_model -> 3 * d_model
  std::unique_ptr<kernels::Linear> attention_output;  // d_model -> d_model
  NormWeights feed_forward_norm;
  GatedFeedForwardWeights feed_forward;
};

struct ModernBertWeights {
  EmbeddingTable tokens;  // [vocab_size, d_model]
  NormWeights embedding_norm;
  std::vector<ModernBertLayer> layers;
  NormWeights norm;
};

RotaryTable MakeRotary(const EncoderConfig& config, double base) {
  return RotaryTable({.base = base,
                      .head_dim = config.d_model / config.num_heads,
                      .max_positions = config.num_positions});
}

class ModernBertStack final : public EncoderStack {
 public:
  ModernBertStack(const EncoderConfig& config, ModernBertWeights weights)
      : config_(config),
        weights_(std::move(weights)),
        shape_{config.num_heads, config.d_model / config.num_heads},
        global_rotary_(MakeRotary(config, config.modern_bert.global_rope_base)),
        local_rotary_(MakeRotary(config, config.modern_bert.local_rope_base)) {}

  void Run(const EncoderBatch& batch, Observer observe,
           Activations& activations) const override {
    const int64_t num_rows = batch.num_rows();
    Embed(batch, activations);
    const int num_layers = config_.num_layers;
    for (int i = 0; i < num_layers; ++i) {
      observe(i);
      Attend(i, batch, activations);
      const ModernBertLayer& layer = weights_.layers[i];
      NormalizeHidden(layer.feed_forward_norm, num_rows, activations);
      GatedFeedForward(layer.feed_forward, config_.activation, num_rows,
                       activations);
    }
    // As in transformers, the last hidden states are normalized ones.
    NormalizeInPlace(weights_.norm, num_rows, activations);
    observe(num_layers);
  }

 private:
  // hidden = LayerNorm(token).
  void Embed(const EncoderBatch& batch, Activations& activations) const {
    const size_t d_model = config_.d_model;
    const FloatBuffer none;
    const SegmentEmbeddings embeddings = {weights_.tokens, none, none,
                                          weights_.embedding_norm};
    kernels::ForEachRow(batch.num_rows(), [&](int64_t i) {
      EmbedInSegment(embeddings, batch.tokens()[i],
                     {activations.hidden() + i * d_model, d_model});
    });
  }

  // hidden = hidden + output(attention(norm(hidden))).
  void Attend(int index, const EncoderBatch& batch,
              Activations& activations) const {
    const int64_t num_rows = batch.num_rows();
    const ModernBertLayer& layer = weights_.layers[index];
    const bool is_global = config_.modern_bert.is_global[index];
    RaggedAttention attention = {.shape = shape_};
    if (!is_global) attention.window = config_.modern_bert.window;
    const float* input = activations.hidden();
    if (layer.attention_norm.has_value()) {
      NormalizeHidden(*layer.attention_norm, num_rows, activations);
      input = activations.attended();
    }
    layer.query_key_value->Run(input, num_rows, activations.wide());
    RotateQueriesAndKeys(is_global ? global_rotary_ : local_rotary_, shape_,
                         batch.sequences(), activations);
    AttendRagged(attention, batch.sequences(), activations);
    const auto finish = [&](int64_t row) { AddResidualRow(row, activations); };
    layer.attention_output->Run(activations.attended(), num_rows,
                                activations.delta(), {.after = finish});
  }

  const EncoderConfig config_;
  const ModernBertWeights weights_;
  const kernels::AttentionShape shape_;
  const RotaryTable global_rotary_;
  const RotaryTable local_rotary_;
};

absl::StatusOr<ModernBertLayer> LoadLayer(const EncoderConfig& config,
                                          WeightLoader& loader, int index) {
  const std::string prefix = absl::StrCat("encoder.layers.", index, ".");
  ModernBertLayer layer;
  if (index > 0) {
    layer.attention_norm = loader.LoadNorm(
        absl::StrCat(prefix, "self_attention_norm"), config.norm_epsilon);
  }
  PARLEY_ASSIGN_OR_RETURN(layer.query_key_value,
                          loader.LoadLinear({absl::StrCat(
                              prefix, "self_attention.query_key_value")}));
  PARLEY_ASSIGN_OR_RETURN(
      layer.attention_output,
      loader.LoadLinear({absl::StrCat(prefix, "self_attention.output")}));
  layer.feed_forward_norm = loader.LoadNorm(
      absl::StrCat(prefix, "feed_forward_norm"), config.norm_epsilon);
  const std::string input = absl::StrCat(prefix, "feed_forward.input");
  const int64_t ffn_dim = config.ffn_dim;
  PARLEY_ASSIGN_OR_RETURN(
      layer.feed_forward.input,
      loader.LoadRows({.name = input, .part = input, .count = ffn_dim}));
  PARLEY_ASSIGN_OR_RETURN(
      layer.feed_forward.gate,
      loader.LoadRows({.name = absl::StrCat(prefix, "feed_forward.gate"),
                       .part = input,
                       .first = ffn_dim,
                       .count = ffn_dim}));
  PARLEY_ASSIGN_OR_RETURN(
      layer.feed_forward.output,
      loader.LoadLinear({absl::StrCat(prefix, "feed_forward.output")}));
  return layer;
}

}  // namespace

absl::StatusOr<std::unique_ptr<const EncoderStack>> LoadModernBertStack(
    const EncoderConfig& config, WeightLoader& loader,
    const std::function<void(double done)>& progress) {
  ModernBertWeights weights;
  PARLEY_ASSIGN_OR_RETURN(weights.tokens, loader.LoadTable("embeddings.token"));
  weights.embedding_norm =
      loader.LoadNorm("embeddings.norm", config.norm_epsilon);
  weights.norm = loader.LoadNorm("encoder.norm", config.norm_epsilon);
  for (int i = 0; i < config.num_layers; ++i) {
    PARLEY_ASSIGN_OR_RETURN(ModernBertLayer layer,
                            LoadLayer(config, loader, i));
    weights.layers.push_back(std::move(layer));
    progress((i + 1.0) / config.num_layers);
  }
  return std::make_unique<ModernBertStack>(config, std::move(weights));
}

}  // namespace parley
