#include "engine/models/encoder_config.h"

#include <cstdint>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "engine/models/config_reader.h"
#include "engine/models/modern_bert_config.h"

namespace parley {
namespace {

// Generous bounds: they keep products of sizes far from overflow.
constexpr int kMaxWidth = 1 << 16;
constexpr int kMaxLayers = 256;
constexpr int kMaxVocabulary = 1 << 22;
constexpr int kMaxPositions = 1 << 16;
constexpr int kMaxLabels = 1 << 16;

struct ModelType {
  absl::string_view name;
  EncoderFamily family;
};
constexpr ModelType kModelTypes[] = {{"bert", EncoderFamily::kBert},
                                     {"camembert", EncoderFamily::kRoberta},
                                     {"distilbert", EncoderFamily::kDistilBert},
                                     {"electra", EncoderFamily::kElectra},
                                     {"modernbert", EncoderFamily::kModernBert},
                                     {"mpnet", EncoderFamily::kMpnet},
                                     {"roberta", EncoderFamily::kRoberta},
                                     {"xlm-roberta", EncoderFamily::kRoberta}};

// The keys of sizes, which DistilBERT calls otherwise.
struct SizeKeys {
  absl::string_view d_model = "hidden_size";
  absl::string_view num_layers = "num_hidden_layers";
  absl::string_view num_heads = "num_attention_heads";
  absl::string_view ffn_dim = "intermediate_size";
  absl::string_view activation = "hidden_act";
};

SizeKeys KeysOf(EncoderFamily family) {
  if (family == EncoderFamily::kDistilBert) {
    return {"dim", "n_layers", "n_heads", "hidden_dim", "activation"};
  }
  SizeKeys keys;
  if (family == EncoderFamily::kModernBert) {
    keys.activation = "hidden_activation";
  }
  return keys;
}

// Settings that make another model of the same tensors.
absl::Status RefuseVariants(const JsonFile& file) {
  for (const absl::string_view key :
       {"is_decoder", "add_cross_attention", "is_encoder_decoder"}) {
    PARLEY_ASSIGN_OR_RETURN(const bool value, ReadBool(file, key, false));
    if (value) {
      return absl::UnimplementedError(absl::StrCat(
          file.path(), ": \"", key,
          "\" is true; only models that are encoders alone are supported"));
    }
  }
  PARLEY_ASSIGN_OR_RETURN(
      const std::string positions,
      ReadString(file, "position_embedding_type", "absolute"));
  if (positions != "absolute") {
    return absl::UnimplementedError(
        absl::StrCat(file.path(), ": \"position_embedding_type\" is \"",
                     positions, "\"; supported is \"absolute\""));
  }
  PARLEY_ASSIGN_OR_RETURN(const std::optional<JsonFile> pruned,
                          file.GetObject("pruned_heads"));
  if (pruned.has_value() && !pruned->UnknownKeys({}).empty()) {
    return absl::UnimplementedError(
        absl::StrCat(file.path(), ": \"pruned_heads\" is not supported"));
  }
  if (file.Has("quantization_config")) {
    return absl::UnimplementedError(absl::StrCat(
        file.path(), ": \"quantization_config\" is not supported"));
  }
  return absl::OkStatus();
}

absl::Status ReadSizes(const JsonFile& file, EncoderConfig* config) {
  const SizeKeys keys = KeysOf(config->family);
  const IntRange width = {.low = 1, .high = kMaxWidth};
  PARLEY_ASSIGN_OR_RETURN(config->d_model, ReadInt(file, keys.d_model, width));
  PARLEY_ASSIGN_OR_RETURN(
      config->num_layers,
      ReadInt(file, keys.num_layers, {.low = 1, .high = kMaxLayers}));
  PARLEY_ASSIGN_OR_RETURN(config->num_heads,
                          ReadInt(file, keys.num_heads, width));
  if (config->d_model % config->num_heads != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(), ": \"", keys.num_heads, "\" is ", config->num_heads,
        ", which does not divide \"", keys.d_model, "\" ", config->d_model));
  }
  PARLEY_ASSIGN_OR_RETURN(config->ffn_dim, ReadInt(file, keys.ffn_dim, width));
  PARLEY_ASSIGN_OR_RETURN(
      config->vocab_size,
      ReadInt(file, "vocab_size", {.low = 1, .high = kMaxVocabulary}));
  config->embedding_dim = config->d_model;
  if (config->family == EncoderFamily::kElectra) {
    PARLEY_ASSIGN_OR_RETURN(
        config->embedding_dim,
        ReadInt(file, "embedding_size",
                {.low = 1, .high = kMaxWidth, .unset = 128}));
  }
  PARLEY_ASSIGN_OR_RETURN(config->activation,
                          ReadEncoderActivation(file, keys.activation));
  return absl::OkStatus();
}

absl::Status ReadNormEpsilon(const JsonFile& file, EncoderConfig* config) {
  // DistilBERT's is a constant of its code.
  if (config->family == EncoderFamily::kDistilBert) return absl::OkStatus();
  const bool is_modern = config->family == EncoderFamily::kModernBert;
  const absl::string_view key = is_modern ? "norm_eps" : "layer_norm_eps";
  PARLEY_ASSIGN_OR_RETURN(const std::optional<double> value,
                          file.GetNumber(key));
  const double epsilon = value.value_or(is_modern ? 1e-5 : 1e-12);
  if (!(epsilon >= 0 && epsilon <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(), ": \"", key, "\" is ", epsilon, ", expected 0 to 1"));
  }
  config->norm_epsilon = static_cast<float>(epsilon);
  return absl::OkStatus();
}

absl::Status ReadPositions(const JsonFile& file, EncoderConfig* config) {
  const EncoderFamily family = config->family;
  PARLEY_ASSIGN_OR_RETURN(
      config->num_positions,
      ReadInt(file, "max_position_embeddings",
              {.low = 1,
               .high = kMaxPositions,
               .unset = family == EncoderFamily::kModernBert ? 8192 : 512}));
  if (family == EncoderFamily::kMpnet) {
    config->padding_token = 1;  // Whatever pad_token_id says.
    // The buckets that its code computes, whatever the table's size.
    PARLEY_ASSIGN_OR_RETURN(
        config->num_relative_buckets,
        ReadInt(file, "relative_attention_num_buckets",
                {.low = 32, .high = kMaxWidth, .unset = 32}));
  } else if (family == EncoderFamily::kRoberta) {
    PARLEY_ASSIGN_OR_RETURN(
        config->padding_token,
        ReadInt(file, "pad_token_id",
                {.low = 0, .high = config->vocab_size - 1, .unset = 1}));
  }
  if (config->max_tokens() < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(), ": \"max_position_embeddings\" is ", config->num_positions,
        ", which leaves no position behind padding's ",
        *config->padding_token));
  }
  if (family == EncoderFamily::kBert || family == EncoderFamily::kRoberta ||
      family == EncoderFamily::kElectra) {
    PARLEY_ASSIGN_OR_RETURN(
        config->num_segments,
        ReadInt(file, "type_vocab_size", {.low = 1, .high = 256, .unset = 2}));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> ReadLabels(const JsonFile& file) {
  PARLEY_ASSIGN_OR_RETURN(const std::optional<JsonFile> names,
                          file.GetObject("id2label"));
  std::vector<std::string> labels;
  if (!names.has_value()) {
    PARLEY_ASSIGN_OR_RETURN(
        const int count, ReadInt(file, "num_labels",
                                 {.low = 1, .high = kMaxLabels, .unset = 2}));
    for (int i = 0; i < count; ++i) labels.push_back(absl::StrCat("LABEL_", i));
    return labels;
  }
  const size_t count = names->UnknownKeys({}).size();
  for (size_t i = 0; i < count; ++i) {
    PARLEY_ASSIGN_OR_RETURN(const std::optional<std::string> label,
                            names->GetString(absl::StrCat(i)));
    if (!label.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat(names->path(), ": \"", i,
                       "\" is missing; expected 0 to ", count - 1));
    }
    labels.push_back(*label);
  }
  if (labels.empty() || labels.size() > kMaxLabels) {
    return absl::InvalidArgumentError(absl::StrCat(
        names->path(), " has ", count, " labels, expected 1 to ", kMaxLabels));
  }
  return labels;
}

absl::Status ReadHeads(const JsonFile& file, EncoderConfig* config) {
  EncoderHeadsConfig& heads = config->heads;
  const std::string& architecture = config->architecture;
  heads.classifies = absl::EndsWith(architecture, "ForSequenceClassification");
  const bool is_pretraining = config->family == EncoderFamily::kBert &&
                              absl::EndsWith(architecture, "ForPreTraining");
  heads.fills_masks =
      is_pretraining || absl::EndsWith(architecture, "ForMaskedLM");
  heads.predicts_next_sentence =
      is_pretraining ||
      absl::EndsWith(architecture, "ForNextSentencePrediction");
  if (!heads.classifies) return absl::OkStatus();
  PARLEY_ASSIGN_OR_RETURN(heads.labels, ReadLabels(file));
  constexpr absl::string_view kSingleLabel = "single_label_classification";
  PARLEY_ASSIGN_OR_RETURN(const std::string problem,
                          ReadString(file, "problem_type", kSingleLabel));
  heads.has_independent_labels = problem == "multi_label_classification";
  heads.is_regression = problem == "regression";
  if (!heads.has_independent_labels && !heads.is_regression &&
      problem != kSingleLabel) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(), ": \"problem_type\" is \"", problem,
        "\", expected \"regression\", \"single_label_classification\" or "
        "\"multi_label_classification\""));
  }
  return absl::OkStatus();
}

absl::StatusOr<EncoderFamily> ReadFamily(const JsonFile& file) {
  PARLEY_ASSIGN_OR_RETURN(const std::string type,
                          ReadString(file, "model_type", "(missing)"));
  for (const ModelType& known : kModelTypes) {
    if (type == known.name) return known.family;
  }
  return absl::UnimplementedError(absl::StrCat(
      file.path(), ": \"model_type\" is \"", type, "\"; supported are ",
      absl::StrJoin(EncoderModelTypes(), ", ")));
}

}  // namespace

std::vector<absl::string_view> EncoderModelTypes() {
  std::vector<absl::string_view> names;
  for (const ModelType& type : kModelTypes) names.push_back(type.name);
  return names;
}

absl::StatusOr<kernels::Activation> ReadEncoderActivation(
    const JsonFile& file, absl::string_view key) {
  PARLEY_ASSIGN_OR_RETURN(const std::string wanted,
                          ReadString(file, key, "gelu"));
  struct Row {
    absl::string_view name;
    kernels::Activation activation;
  };
  constexpr Row kRows[] = {
      {"gelu", kernels::Activation::kGelu},
      {"gelu_python", kernels::Activation::kGelu},
      {"gelu_new", kernels::Activation::kGeluTanh},
      {"gelu_fast", kernels::Activation::kGeluTanh},
      {"gelu_pytorch_tanh", kernels::Activation::kGeluTanh},
      {"relu", kernels::Activation::kRelu},
      {"silu", kernels::Activation::kSwish},
      {"swish", kernels::Activation::kSwish},
      {"tanh", kernels::Activation::kTanh}};
  std::vector<absl::string_view> names;
  for (const Row& row : kRows) {
    if (row.name == wanted) return row.activation;
    names.push_back(row.name);
  }
  return absl::UnimplementedError(
      absl::StrCat(file.path(), ": \"", key, "\" is \"", wanted,
                   "\"; supported are ", absl::StrJoin(names, ", ")));
}

absl::StatusOr<EncoderConfig> ReadEncoderConfig(const JsonFile& file) {
  EncoderConfig config;
  PARLEY_ASSIGN_OR_RETURN(config.family, ReadFamily(file));
  PARLEY_RETURN_IF_ERROR(RefuseVariants(file));
  PARLEY_ASSIGN_OR_RETURN(const auto architectures,
                          file.GetStrings("architectures"));
  if (architectures.has_value() && !architectures->empty()) {
    config.architecture = architectures->front();
  } else {
    PARLEY_ASSIGN_OR_RETURN(config.architecture,
                            ReadString(file, "model_type", ""));
  }
  PARLEY_RETURN_IF_ERROR(ReadSizes(file, &config));
  PARLEY_RETURN_IF_ERROR(ReadNormEpsilon(file, &config));
  PARLEY_RETURN_IF_ERROR(ReadPositions(file, &config));
  PARLEY_ASSIGN_OR_RETURN(config.ties_output,
                          ReadBool(file, "tie_word_embeddings", true));
  PARLEY_RETURN_IF_ERROR(ReadHeads(file, &config));
  if (config.family == EncoderFamily::kModernBert) {
    PARLEY_ASSIGN_OR_RETURN(config.modern_bert,
                            ReadModernBertConfig(file, config.num_layers));
    if (config.d_model / config.num_heads % 2 != 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          file.path(), ": heads of ", config.d_model / config.num_heads,
          " dimensions; rotary positions take an even number"));
    }
  }
  return config;
}

}  // namespace parley
