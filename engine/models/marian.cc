#include "engine/models/marian.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/kernels/team.h"
#include "engine/layers/feed_forward.h"
#include "engine/models/marian_tensors.h"
#include "engine/models/tensor_table.h"
#include "engine/models/weight_loader.h"

namespace parley {
namespace {

// torch.nn.LayerNorm's default, which MarianMT keeps.
constexpr float kNormEpsilon = 1e-5f;

FloatBuffer LoadPositions(const MarianConfig& config, WeightLoader& loader,
                          absl::string_view side) {
  const std::string name = absl::StrCat(side, ".embeddings.position.weight");
  return loader.tensors().Has(name)
             ? loader.LoadFloats(name)
             : SinusoidalPositions(config.max_positions, config.d_model);
}

absl::StatusOr<MarianEncoderLayer> LoadEncoderLayer(WeightLoader& loader,
                                                    int layer) {
  const std::string prefix = absl::StrCat("encoder.layers.", layer);
  MarianEncoderLayer weights;
  PARLEY_ASSIGN_OR_RETURN(weights.self_attention,
                          loader.LoadSelfAttention(prefix, kNormEpsilon));
  PARLEY_ASSIGN_OR_RETURN(weights.feed_forward,
                          loader.LoadFeedForward(prefix, kNormEpsilon));
  return weights;
}

absl::StatusOr<MarianDecoderLayer> LoadDecoderLayer(WeightLoader& loader,
                                                    int layer) {
  const std::string prefix = absl::StrCat("decoder.layers.", layer);
  MarianDecoderLayer weights;
  PARLEY_ASSIGN_OR_RETURN(weights.self_attention,
                          loader.LoadSelfAttention(prefix, kNormEpsilon));
  PARLEY_ASSIGN_OR_RETURN(weights.cross_attention,
                          loader.LoadCrossAttention(prefix, kNormEpsilon));
  PARLEY_ASSIGN_OR_RETURN(weights.feed_forward,
                          loader.LoadFeedForward(prefix, kNormEpsilon));
  return weights;
}

}  // namespace

absl::StatusOr<MarianWeights> LoadMarianWeights(
    const MarianConfig& config, std::shared_ptr<const WeightFile> file,
    const WeightOptions& options) {
  PARLEY_ASSIGN_OR_RETURN(
      const TensorMap tensors,
      TensorMap::Bind(MarianTensors(config), std::move(file)));
  MarianWeights weights;
  weights.num_parameters = tensors.num_parameters();
  weights.unknown_tensors = tensors.extra();
  WeightLoader loader(tensors, options);
  PARLEY_ASSIGN_OR_RETURN(weights.encoder_tokens,
                          loader.LoadTable("encoder.embeddings.token"));
  PARLEY_ASSIGN_OR_RETURN(weights.decoder_tokens,
                          loader.LoadTable("decoder.embeddings.token"));
  weights.encoder_positions = LoadPositions(config, loader, "encoder");
  weights.decoder_positions = LoadPositions(config, loader, "decoder");
  // The output projection counts as two layers: it is about that large.
  const double num_parts =
      config.encoder.num_layers + config.decoder.num_layers + 2;
  double num_done = 0;
  for (int i = 0; i < config.encoder.num_layers; ++i) {
    PARLEY_ASSIGN_OR_RETURN(MarianEncoderLayer layer,
                            LoadEncoderLayer(loader, i));
    weights.encoder_layers.push_back(std::move(layer));
    options.progress(++num_done / num_parts);
  }
  for (int i = 0; i < config.decoder.num_layers; ++i) {
    PARLEY_ASSIGN_OR_RETURN(MarianDecoderLayer layer,
                            LoadDecoderLayer(loader, i));
    weights.decoder_layers.push_back(std::move(layer));
    options.progress(++num_done / num_parts);
  }
  PARLEY_ASSIGN_OR_RETURN(
      weights.output,
      loader.LoadWide(
          config.ties_output ? "decoder.embeddings.token" : "output",
          "output.bias"));
  PARLEY_RETURN_IF_ERROR(loader.status());
  options.progress(1.0);
  return weights;
}

ActivationSizes MarianActivationSizes(const MarianConfig& config,
                                      int64_t max_rows) {
  return {
      .max_rows = max_rows,
      .d_model = config.d_model,
      .max_ffn_dim = std::max(config.encoder.ffn_dim, config.decoder.ffn_dim),
      .num_heads = std::max(config.encoder.num_heads, config.decoder.num_heads),
      .max_positions = config.max_positions};
}

void MarianEncode(const MarianModel& model, const EncoderBatch& batch,
                  absl::Span<const int32_t> slots, KvPool& pool,
                  Activations& activations) {
  const MarianConfig& config = model.config;
  const MarianWeights& weights = model.weights;
  const size_t d_model = config.d_model;
  const Embeddings embeddings = {weights.encoder_tokens,
                                 weights.encoder_positions,
                                 config.embedding_scale};
  const int64_t num_rows = batch.num_rows();
  kernels::ForEachRow(num_rows, [&](int64_t i) {
    const TokenInSegment& token = batch.tokens()[i];
    Embed(embeddings, {token.id, token.position},
          {activations.hidden() + i * d_model, d_model});
  });
  const kernels::AttentionShape shape = {
      config.encoder.num_heads, config.d_model / config.encoder.num_heads};
  for (const MarianEncoderLayer& layer : weights.encoder_layers) {
    RaggedSelfAttention(layer.self_attention, {.shape = shape},
                        batch.sequences(), activations);
    FeedForward(layer.feed_forward, config.activation, num_rows, activations);
  }
  for (size_t i = 0; i < weights.decoder_layers.size(); ++i) {
    StoreSource(weights.decoder_layers[i].cross_attention, slots,
                static_cast<int>(i), pool, activations);
  }
}

void MarianDecode(const MarianModel& model, const MarianDecoderInput& input,
                  KvPool& pool, Activations& activations) {
  const MarianConfig& config = model.config;
  const MarianWeights& weights = model.weights;
  const size_t d_model = config.d_model;
  const Embeddings embeddings = {weights.decoder_tokens,
                                 weights.decoder_positions,
                                 config.embedding_scale};
  const int64_t num_rows = input.rows.size();
  kernels::ForEachRow(num_rows, [&](int64_t i) {
    Embed(embeddings, {input.tokens[i], input.positions[i]},
          {activations.hidden() + i * d_model, d_model});
  });
  const kernels::AttentionShape shape = {
      config.decoder.num_heads, config.d_model / config.decoder.num_heads};
  for (size_t i = 0; i < weights.decoder_layers.size(); ++i) {
    const MarianDecoderLayer& layer = weights.decoder_layers[i];
    const int index = static_cast<int>(i);
    CachedSelfAttention(layer.self_attention, shape, input.rows, index, pool,
                        activations);
    CrossAttention(layer.cross_attention, shape, input.rows, index, pool,
                   activations);
    FeedForward(layer.feed_forward, config.activation, num_rows, activations);
  }
}

}  // namespace parley
