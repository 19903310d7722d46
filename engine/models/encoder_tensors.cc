#include "engine/models/encoder_tensors.h"

#include <cstdint>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/log.h"

namespace parley {
namespace {

// transformers' names of an architecture's parts; where one is empty the
// architecture does not have it.
struct Names {
  absl::string_view prefix;  // Of the base model.
  absl::string_view layers;
  absl::string_view query;
  absl::string_view key;
  absl::string_view value;
  absl::string_view attention_output;
  absl::string_view attention_norm;
  absl::string_view ffn_input;
  absl::string_view ffn_output;
  absl::string_view ffn_norm;
  absl::string_view classifier_dense;  // BERT has the pooler instead.
  absl::string_view classifier_output;
  absl::string_view mask_dense;
  absl::string_view mask_norm;
  absl::string_view mask_output;
  absl::string_view mask_bias;  // Its other name.
};

constexpr Names kBert = {.prefix = "bert.",
                         .layers = "encoder.layer.",
                         .query = "attention.self.query",
                         .key = "attention.self.key",
                         .value = "attention.self.value",
                         .attention_output = "attention.output.dense",
                         .attention_norm = "attention.output.LayerNorm",
                         .ffn_input = "intermediate.dense",
                         .ffn_output = "output.dense",
                         .ffn_norm = "output.LayerNorm",
                         .classifier_dense = "",
                         .classifier_output = "classifier",
                         .mask_dense = "cls.predictions.transform.dense",
                         .mask_norm = "cls.predictions.transform.LayerNorm",
                         .mask_output = "cls.predictions.decoder",
                         .mask_bias = "cls.predictions.bias"};

constexpr Names kDistilBert = {.prefix = "distilbert.",
                               .layers = "transformer.layer.",
                               .query = "attention.q_lin",
                               .key = "attention.k_lin",
                               .value = "attention.v_lin",
                               .attention_output = "attention.out_lin",
                               .attention_norm = "sa_layer_norm",
                               .ffn_input = "ffn.lin1",
                               .ffn_output = "ffn.lin2",
                               .ffn_norm = "output_layer_norm",
                               .classifier_dense = "pre_classifier",
                               .classifier_output = "classifier",
                               .mask_dense = "vocab_transform",
                               .mask_norm = "vocab_layer_norm",
                               .mask_output = "vocab_projector",
                               .mask_bias = ""};

constexpr Names Roberta() {
  Names names = kBert;
  names.prefix = "roberta.";
  names.classifier_dense = "classifier.dense";
  names.classifier_output = "classifier.out_proj";
  names.mask_dense = "lm_head.dense";
  names.mask_norm = "lm_head.layer_norm";
  names.mask_output = "lm_head.decoder";
  names.mask_bias = "lm_head.bias";
  return names;
}

constexpr Names Mpnet() {
  Names names = Roberta();
  names.prefix = "mpnet.";
  names.query = "attention.attn.q";
  names.key = "attention.attn.k";
  names.value = "attention.attn.v";
  names.attention_output = "attention.attn.o";
  names.attention_norm = "attention.LayerNorm";
  return names;
}

constexpr Names Electra() {
  Names names = Roberta();
  names.prefix = "electra.";
  names.mask_dense = "generator_predictions.dense";
  names.mask_norm = "generator_predictions.LayerNorm";
  names.mask_output = "generator_lm_head";
  names.mask_bias = "";
  return names;
}

Names NamesOf(EncoderFamily family) {
  switch (family) {
    case EncoderFamily::kBert:
      return kBert;
    case EncoderFamily::kDistilBert:
      return kDistilBert;
    case EncoderFamily::kRoberta:
      return Roberta();
    case EncoderFamily::kMpnet:
      return Mpnet();
    case EncoderFamily::kElectra:
      return Electra();
    case EncoderFamily::kModernBert:
      break;
  }
  PARLEY_CHECK(false) << "ModernBERT has a table of its own";
  return kBert;
}

// Our name of a part and transformers', without ".weight" and ".bias".
struct Part {
  std::string name;
  std::string checkpoint_name;
};

// Where a part stands in checkpoints, and whether it must.
struct Place {
  bool in_base_model = true;
  bool required = true;
};

// TensorFlow's names, which the first conversions kept.
std::vector<std::string> WithOldNames(std::vector<std::string> names,
                                      absl::string_view suffix,
                                      absl::string_view old_suffix) {
  const size_t count = names.size();
  for (size_t i = 0; i < count; ++i) {
    absl::string_view stem = names[i];
    stem.remove_suffix(suffix.size());
    names.push_back(absl::StrCat(stem, old_suffix));
  }
  return names;
}

class Table {
 public:
  Table(const EncoderConfig& config, const Names& names)
      : config_(config), names_(names) {}

  std::vector<TensorRow> Take() {
    AddEmbeddings();
    for (int i = 0; i < config_.num_layers; ++i) AddLayer(i);
    AddPooledHeads();
    AddMaskedTokens();
    return std::move(rows_);
  }

 private:
  void AddLinear(const Part& part, Shape shape, const Place& place = {}) {
    const int64_t out_features = shape[0];
    AddRow(part, ".weight", std::move(shape), place);
    AddRow(part, ".bias", {out_features}, place);
  }

  void AddNorm(const Part& part, int64_t width, const Place& place = {}) {
    AddRow(part, ".weight", {width}, place);
    rows_.back().checkpoint_names = WithOldNames(
        std::move(rows_.back().checkpoint_names), ".weight", ".gamma");
    AddRow(part, ".bias", {width}, place);
    rows_.back().checkpoint_names = WithOldNames(
        std::move(rows_.back().checkpoint_names), ".bias", ".beta");
  }

  void AddTable(const Part& part, Shape shape) {
    AddRow(part, ".weight", std::move(shape), {});
  }

  void AddRow(const Part& part, absl::string_view suffix, Shape shape,
              const Place& place) {
    TensorRow row = {.name = absl::StrCat(part.name, suffix),
                     .shape = std::move(shape),
                     .required = place.required};
    const std::string name = absl::StrCat(part.checkpoint_name, suffix);
    if (place.in_base_model) {
      row.checkpoint_names.push_back(absl::StrCat(names_.prefix, name));
    }
    row.checkpoint_names.push_back(name);
    rows_.push_back(std::move(row));
  }

  void AddEmbeddings() {
    const int64_t width = config_.embedding_dim;
    AddTable({"embeddings.token", "embeddings.word_embeddings"},
             {config_.vocab_size, width});
    AddTable({"embeddings.position", "embeddings.position_embeddings"},
             {config_.num_positions, width});
    if (config_.num_segments > 0) {
      AddTable({"embeddings.segment", "embeddings.token_type_embeddings"},
               {config_.num_segments, width});
    }
    AddNorm({"embeddings.norm", "embeddings.LayerNorm"}, width);
    if (config_.embedding_dim != config_.d_model) {
      AddLinear({"embeddings.projection", "embeddings_project"},
                {config_.d_model, width});
    }
    if (config_.num_relative_buckets > 0) {
      AddTable({"encoder.relative_bias", "encoder.relative_attention_bias"},
               {config_.num_relative_buckets, config_.num_heads});
    }
  }

  void AddLayer(int layer) {
    const auto part = [&](absl::string_view ours, absl::string_view theirs) {
      return Part{absl::StrCat("encoder.layers.", layer, ".", ours),
                  absl::StrCat(names_.layers, layer, ".", theirs)};
    };
    const int64_t d_model = config_.d_model;
    const int64_t ffn_dim = config_.ffn_dim;
    AddLinear(part("self_attention.query", names_.query), {d_model, d_model});
    AddLinear(part("self_attention.key", names_.key), {d_model, d_model});
    AddLinear(part("self_attention.value", names_.value), {d_model, d_model});
    AddLinear(part("self_attention.output", names_.attention_output),
              {d_model, d_model});
    AddNorm(part("self_attention_norm", names_.attention_norm), d_model);
    AddLinear(part("feed_forward.input", names_.ffn_input), {ffn_dim, d_model});
    AddLinear(part("feed_forward.output", names_.ffn_output),
              {d_model, ffn_dim});
    AddNorm(part("feed_forward_norm", names_.ffn_norm), d_model);
  }

  // The heads that read the first token.
  void AddPooledHeads() {
    const EncoderHeadsConfig& heads = config_.heads;
    const int64_t d_model = config_.d_model;
    const bool is_bert = config_.family == EncoderFamily::kBert;
    // Others store one, too, but no head of theirs reads it.
    AddLinear({"pooler", "pooler.dense"}, {d_model, d_model},
              {.required = is_bert &&
                           (heads.classifies || heads.predicts_next_sentence)});
    if (is_bert) {
      AddLinear(
          {"next_sentence.output", "cls.seq_relationship"}, {2, d_model},
          {.in_base_model = false, .required = heads.predicts_next_sentence});
    }
    if (!heads.classifies) return;
    if (!names_.classifier_dense.empty()) {
      AddLinear({"classifier.dense", std::string(names_.classifier_dense)},
                {d_model, d_model}, {.in_base_model = false});
    }
    AddLinear({"classifier.output", std::string(names_.classifier_output)},
              {static_cast<int64_t>(heads.labels.size()), d_model},
              {.in_base_model = false});
  }

  void AddMaskedTokens() {
    const Place place = {.in_base_model = false,
                         .required = config_.heads.fills_masks};
    const int64_t width = config_.embedding_dim;
    AddLinear({"masked_tokens.dense", std::string(names_.mask_dense)},
              {width, config_.d_model}, place);
    AddNorm({"masked_tokens.norm", std::string(names_.mask_norm)}, width,
            place);
    AddLinear({"masked_tokens.output", std::string(names_.mask_output)},
              {config_.vocab_size, width}, place);
    if (!names_.mask_bias.empty()) {
      rows_.back().checkpoint_names.emplace_back(names_.mask_bias);
    }
    if (config_.ties_output) {
      // Either may be stored under the name of the other; where both are
      // there, each counts, as in transformers.
      std::vector<std::string>& table = rows_.front().checkpoint_names;
      std::vector<std::string>& output =
          rows_[rows_.size() - 2].checkpoint_names;
      output.insert(output.end(), table.begin(), table.end());
      table.push_back(output.front());
    }
  }

  const EncoderConfig& config_;
  const Names names_;
  std::vector<TensorRow> rows_;
};

}  // namespace

std::vector<TensorRow> EncoderTensors(const EncoderConfig& config) {
  return Table(config, NamesOf(config.family)).Take();
}

std::vector<std::string> WithoutBuffers(const std::vector<std::string>& names) {
  std::vector<std::string> kept;
  for (const std::string& name : names) {
    if (absl::EndsWith(name, "position_ids") ||
        absl::EndsWith(name, "token_type_ids")) {
      continue;
    }
    kept.push_back(name);
  }
  return kept;
}

}  // namespace parley
