#include "engine/models/modern_bert_tensors.h"

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace parley {
namespace {

// Our name of a part and transformers', without ".weight" and ".bias".
struct Part {
  std::string name;
  std::string checkpoint_name;
};

class Table {
 public:
  explicit Table(const EncoderConfig& config)
      : config_(config), biases_(config.modern_bert.biases) {}

  std::vector<TensorRow> Take() {
    const int64_t d_model = config_.d_model;
    Add({"embeddings.token", "model.embeddings.tok_embeddings"},
        {config_.vocab_size, d_model}, /*has_bias=*/false);
    Add({"embeddings.norm", "model.embeddings.norm"}, {d_model}, biases_.norm);
    for (int i = 0; i < config_.num_layers; ++i) AddLayer(i);
    Add({"encoder.norm", "model.final_norm"}, {d_model}, biases_.norm);
    if (config_.heads.classifies) {
      AddHead("classifier", "classifier", config_.heads.labels.size());
    } else {
      const size_t first = rows_.size();
      AddHead("masked_tokens", "decoder", config_.vocab_size);
      FinishMaskedTokens(first);
    }
    return std::move(rows_);
  }

 private:
  void Add(const Part& part, Shape shape, bool has_bias) {
    const int64_t width = shape[0];
    AddRow(part, ".weight", std::move(shape));
    if (has_bias) AddRow(part, ".bias", {width});
  }

  void AddRow(const Part& part, absl::string_view suffix, Shape shape) {
    const std::string name = absl::StrCat(part.checkpoint_name, suffix);
    TensorRow row = {.name = absl::StrCat(part.name, suffix),
                     .checkpoint_names = {name},
                     .shape = std::move(shape)};
    constexpr absl::string_view kPrefix = "model.";
    if (absl::StartsWith(name, kPrefix)) {
      row.checkpoint_names.push_back(name.substr(kPrefix.size()));
    }
    rows_.push_back(std::move(row));
  }

  void AddLayer(int layer) {
    const auto part = [&](absl::string_view ours, absl::string_view theirs) {
      return Part{absl::StrCat("encoder.layers.", layer, ".", ours),
                  absl::StrCat("model.layers.", layer, ".", theirs)};
    };
    const int64_t d_model = config_.d_model;
    const int64_t ffn_dim = config_.ffn_dim;
    // The first one's input is normalized already.
    if (layer > 0) {
      Add(part("self_attention_norm", "attn_norm"), {d_model}, biases_.norm);
    }
    Add(part("self_attention.query_key_value", "attn.Wqkv"),
        {3 * d_model, d_model}, biases_.attention);
    Add(part("self_attention.output", "attn.Wo"), {d_model, d_model},
        biases_.attention);
    Add(part("feed_forward_norm", "mlp_norm"), {d_model}, biases_.norm);
    Add(part("feed_forward.input", "mlp.Wi"), {2 * ffn_dim, d_model},
        biases_.feed_forward);
    Add(part("feed_forward.output", "mlp.Wo"), {d_model, ffn_dim},
        biases_.feed_forward);
  }

  // Both heads call their first parts the same; a model has one of them.
  void AddHead(absl::string_view ours, absl::string_view output,
               int64_t width) {
    const int64_t d_model = config_.d_model;
    Add({absl::StrCat(ours, ".dense"), "head.dense"}, {d_model, d_model},
        biases_.head);
    Add({absl::StrCat(ours, ".norm"), "head.norm"}, {d_model}, biases_.norm);
    Add({absl::StrCat(ours, ".output"), std::string(output)}, {width, d_model},
        config_.heads.classifies || biases_.decoder);
  }

  // The rows from `first` on are those of masked tokens.
  void FinishMaskedTokens(size_t first) {
    std::vector<std::string>& table = rows_.front().checkpoint_names;
    for (size_t i = first; i < rows_.size(); ++i) {
      rows_[i].required = config_.heads.fills_masks;
      if (config_.ties_output &&
          rows_[i].name == "masked_tokens.output.weight") {
        std::vector<std::string>& output = rows_[i].checkpoint_names;
        output.insert(output.end(), table.begin(), table.end());
        table.push_back(output.front());
      }
    }
  }

  const EncoderConfig& config_;
  const ModernBertBiases biases_;
  std::vector<TensorRow> rows_;
};

}  // namespace

std::vector<TensorRow> ModernBertTensors(const EncoderConfig& config) {
  return Table(config).Take();
}

}  // namespace parley
