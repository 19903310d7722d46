#include "engine/models/marian_tensors.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace parley {
namespace {

// Our name of a part of a layer, and transformers'.
struct Part {
  absl::string_view name;
  absl::string_view checkpoint_name;
};

constexpr Part kSelfAttention[] = {
    {"self_attention.query", "self_attn.q_proj"},
    {"self_attention.key", "self_attn.k_proj"},
    {"self_attention.value", "self_attn.v_proj"},
    {"self_attention.output", "self_attn.out_proj"}};
constexpr Part kCrossAttention[] = {
    {"cross_attention.query", "encoder_attn.q_proj"},
    {"cross_attention.key", "encoder_attn.k_proj"},
    {"cross_attention.value", "encoder_attn.v_proj"},
    {"cross_attention.output", "encoder_attn.out_proj"}};
constexpr Part kSelfAttentionNorm = {"self_attention_norm",
                                     "self_attn_layer_norm"};
constexpr Part kCrossAttentionNorm = {"cross_attention_norm",
                                      "encoder_attn_layer_norm"};
constexpr Part kFeedForwardInput = {"feed_forward.input", "fc1"};
constexpr Part kFeedForwardOutput = {"feed_forward.output", "fc2"};
constexpr Part kFeedForwardNorm = {"feed_forward_norm", "final_layer_norm"};

// Adds the rows of one layer, side "encoder" or "decoder".
class LayerRows {
 public:
  LayerRows(absl::string_view side, int layer, std::vector<TensorRow>* table)
      : prefix_(absl::StrCat(side, ".layers.", layer, ".")), table_(table) {}

  void AddLinear(const Part& part, int64_t out_features, int64_t in_features) {
    Add(part, ".weight", {out_features, in_features});
    Add(part, ".bias", {out_features});
  }

  void AddNorm(const Part& part, int64_t d_model) {
    Add(part, ".weight", {d_model});
    Add(part, ".bias", {d_model});
  }

 private:
  void Add(const Part& part, absl::string_view suffix, Shape shape) {
    table_->push_back({.name = absl::StrCat(prefix_, part.name, suffix),
                       .checkpoint_names = {absl::StrCat(
                           "model.", prefix_, part.checkpoint_name, suffix)},
                       .shape = std::move(shape)});
  }

  const std::string prefix_;
  std::vector<TensorRow>* const table_;
};

void AddLayer(LayerRows rows, absl::Span<const Part> cross_attention,
              int64_t d_model, int64_t ffn_dim) {
  for (const Part& part : kSelfAttention) {
    rows.AddLinear(part, d_model, d_model);
  }
  rows.AddNorm(kSelfAttentionNorm, d_model);
  for (const Part& part : cross_attention) {
    rows.AddLinear(part, d_model, d_model);
  }
  if (!cross_attention.empty()) rows.AddNorm(kCrossAttentionNorm, d_model);
  rows.AddLinear(kFeedForwardInput, ffn_dim, d_model);
  rows.AddLinear(kFeedForwardOutput, d_model, ffn_dim);
  rows.AddNorm(kFeedForwardNorm, d_model);
}

void AddEmbeddings(const MarianConfig& config, std::vector<TensorRow>* table) {
  std::vector<std::string> encoder = {"model.encoder.embed_tokens.weight"};
  std::vector<std::string> decoder = {"model.decoder.embed_tokens.weight"};
  // A tied table may be stored under any one of its names.
  if (config.ties_output) decoder.push_back("lm_head.weight");
  if (config.shares_embeddings) {
    const std::vector<std::string> own = encoder;
    encoder.insert(encoder.begin(), "model.shared.weight");
    encoder.insert(encoder.end(), decoder.begin(), decoder.end());
    decoder.insert(decoder.begin(), "model.shared.weight");
    decoder.insert(decoder.end(), own.begin(), own.end());
  }
  const int64_t d_model = config.d_model;
  table->push_back({.name = "encoder.embeddings.token.weight",
                    .checkpoint_names = std::move(encoder),
                    .shape = {config.encoder.vocab_size, d_model}});
  table->push_back({.name = "decoder.embeddings.token.weight",
                    .checkpoint_names = std::move(decoder),
                    .shape = {config.decoder.vocab_size, d_model}});
  for (const absl::string_view side : {"encoder", "decoder"}) {
    table->push_back({.name = absl::StrCat(side, ".embeddings.position.weight"),
                      .checkpoint_names = {absl::StrCat(
                          "model.", side, ".embed_positions.weight")},
                      .shape = {config.max_positions, d_model},
                      .required = false});
  }
}

}  // namespace

std::vector<TensorRow> MarianTensors(const MarianConfig& config) {
  std::vector<TensorRow> table;
  AddEmbeddings(config, &table);
  const int64_t d_model = config.d_model;
  for (int i = 0; i < config.encoder.num_layers; ++i) {
    AddLayer(LayerRows("encoder", i, &table), {}, d_model,
             config.encoder.ffn_dim);
  }
  for (int i = 0; i < config.decoder.num_layers; ++i) {
    AddLayer(LayerRows("decoder", i, &table), kCrossAttention, d_model,
             config.decoder.ffn_dim);
  }
  if (!config.ties_output) {
    table.push_back({.name = "output.weight",
                     .checkpoint_names = {"lm_head.weight"},
                     .shape = {config.decoder.vocab_size, d_model}});
  }
  table.push_back({.name = "output.bias",
                   .checkpoint_names = {"final_logits_bias"},
                   .shape = {1, config.decoder.vocab_size},
                   .required = false});
  return table;
}

}  // namespace parley
