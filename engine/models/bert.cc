#include "engine/models/bert.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "engine/kernels/team.h"
#include "engine/layers/embedding.h"
#include "engine/layers/feed_forward.h"
#include "engine/layers/weights.h"
#include "engine/models/weight_loader.h"

namespace parley {
namespace {

struct BertEmbeddings {
  EmbeddingTable tokens;  // [vocab_size, embedding_dim]
  FloatBuffer positions;  // [num_positions, embedding_dim]
  FloatBuffer segments;   // [num_segments, embedding_dim], or empty.
  NormWeights norm;       // [embedding_dim]
  // embedding_dim -> d_model, or null where they are the same.
  std::unique_ptr<kernels::Linear> projection;
};

struct BertLayer {
  SelfAttentionWeights self_attention;
  FeedForwardWeights feed_forward;
};

class BertStack final : public EncoderStack {
 public:
  BertStack(const EncoderConfig& config, BertEmbeddings embeddings,
            std::vector<BertLayer> layers, RelativeBias relative_bias)
      : config_(config),
        embeddings_(std::move(embeddings)),
        layers_(std::move(layers)),
        relative_bias_(std::move(relative_bias)) {}

  void Run(const EncoderBatch& batch, Observer observe,
           Activations& activations) const override {
    Embed(batch, activations);
    observe(0);
    const RaggedAttention attention = {
        .shape = {config_.num_heads, config_.d_model / config_.num_heads},
        .relative_bias =
            config_.num_relative_buckets > 0 ? &relative_bias_ : nullptr};
    for (size_t i = 0; i < layers_.size(); ++i) {
      RaggedSelfAttention(layers_[i].self_attention, attention,
                          batch.sequences(), activations);
      FeedForward(layers_[i].feed_forward, config_.activation, batch.num_rows(),
                  activations);
      observe(static_cast<int>(i) + 1);
    }
  }

 private:
  // hidden = projection(LayerNorm(token + segment + position)).
  void Embed(const EncoderBatch& batch, Activations& activations) const {
    const size_t width = config_.embedding_dim;
    const bool is_projected = embeddings_.projection != nullptr;
    float* rows =  // [num_rows, embedding_dim]
        is_projected ? activations.wide() : activations.hidden();
    const SegmentEmbeddings embeddings = {
        embeddings_.tokens, embeddings_.positions, embeddings_.segments,
        embeddings_.norm};
    kernels::ForEachRow(batch.num_rows(), [&](int64_t i) {
      EmbedInSegment(embeddings, batch.tokens()[i], {rows + i * width, width});
    });
    if (is_projected) {
      embeddings_.projection->Run(rows, batch.num_rows(), activations.hidden());
    }
  }

  const EncoderConfig config_;
  const BertEmbeddings embeddings_;
  const std::vector<BertLayer> layers_;
  const RelativeBias relative_bias_;
};

absl::StatusOr<BertEmbeddings> LoadEmbeddings(const EncoderConfig& config,
                                              WeightLoader& loader) {
  BertEmbeddings embeddings;
  PARLEY_ASSIGN_OR_RETURN(embeddings.tokens,
                          loader.LoadTable("embeddings.token"));
  embeddings.positions = loader.LoadFloats("embeddings.position.weight");
  if (config.num_segments > 0) {
    embeddings.segments = loader.LoadFloats("embeddings.segment.weight");
  }
  embeddings.norm = loader.LoadNorm("embeddings.norm", config.norm_epsilon);
  if (config.embedding_dim != config.d_model) {
    PARLEY_ASSIGN_OR_RETURN(embeddings.projection,
                            loader.LoadLinear({"embeddings.projection"}));
  }
  return embeddings;
}

absl::StatusOr<BertLayer> LoadLayer(WeightLoader& loader, int index,
                                    float epsilon) {
  const std::string prefix = absl::StrCat("encoder.layers.", index);
  BertLayer layer;
  PARLEY_ASSIGN_OR_RETURN(layer.self_attention,
                          loader.LoadSelfAttention(prefix, epsilon));
  PARLEY_ASSIGN_OR_RETURN(layer.feed_forward,
                          loader.LoadFeedForward(prefix, epsilon));
  return layer;
}

RelativeBias LoadRelativeBias(const EncoderConfig& config,
                              WeightLoader& loader) {
  if (config.num_relative_buckets == 0) return {};
  const FloatBuffer table =  // [num_buckets, num_heads]
      loader.LoadFloats("encoder.relative_bias.weight");
  const int reach = config.max_tokens() - 1;
  const int64_t width = 2 * reach + 1;
  RelativeBias bias = {.max_distance = reach,
                       .values = FloatBuffer(config.num_heads * width)};
  for (int head = 0; head < config.num_heads; ++head) {
    for (int distance = -reach; distance <= reach; ++distance) {
      bias.values.data()[head * width + reach + distance] =
          table.data()[RelativeBucket(distance) * config.num_heads + head];
    }
  }
  return bias;
}

}  // namespace

int RelativeBucket(int distance) {
  // Half of the buckets for each side; of these, half for one distance each,
  // and half for ranges that grow up to kMaxDistance.
  constexpr int kSideBuckets = 16;
  constexpr int kExact = 8;
  constexpr double kMaxDistance = 128;
  const int side = distance < 0 ? kSideBuckets : 0;
  const int steps = std::abs(distance);
  if (steps < kExact) return side + steps;
  // In single precision, as torch computes it.
  const float share = std::log(static_cast<float>(steps) / kExact) /
                      static_cast<float>(std::log(kMaxDistance / kExact)) *
                      static_cast<float>(kSideBuckets - kExact);
  return side + std::min(kExact + static_cast<int>(share), kSideBuckets - 1);
}

absl::StatusOr<std::unique_ptr<const EncoderStack>> LoadBertStack(
    const EncoderConfig& config, WeightLoader& loader,
    const std::function<void(double done)>& progress) {
  PARLEY_ASSIGN_OR_RETURN(BertEmbeddings embeddings,
                          LoadEmbeddings(config, loader));
  std::vector<BertLayer> layers;
  for (int i = 0; i < config.num_layers; ++i) {
    PARLEY_ASSIGN_OR_RETURN(BertLayer layer,
                            LoadLayer(loader, i, config.norm_epsilon));
    layers.push_back(std::move(layer));
    progress((i + 1.0) / config.num_layers);
  }
  return std::make_unique<BertStack>(config, std::move(embeddings),
                                     std::move(layers),
                                     LoadRelativeBias(config, loader));
}

}  // namespace parley
