#include "engine/models/marian_config.h"

#include <cmath>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status_macros.h"
#include "engine/models/config_reader.h"

namespace parley {
namespace {

// Generous bounds: they keep products of sizes far from overflow, and memory
// within what a checkpoint of such a size would need anyhow.
constexpr int kMaxWidth = 1 << 16;
constexpr int kMaxLayers = 256;
constexpr int kMaxVocabulary = 1 << 22;
constexpr int kMaxPositions = 1 << 16;

absl::StatusOr<kernels::Activation> ReadActivation(const JsonFile& file) {
  PARLEY_ASSIGN_OR_RETURN(const std::optional<std::string> name,
                          file.GetString("activation_function"));
  struct Row {
    absl::string_view name;
    kernels::Activation activation;
  };
  constexpr Row kRows[] = {{"swish", kernels::Activation::kSwish},
                           {"silu", kernels::Activation::kSwish},
                           {"relu", kernels::Activation::kRelu},
                           {"gelu", kernels::Activation::kGelu},
                           {"gelu_new", kernels::Activation::kGeluTanh}};
  // MarianConfig's own default.
  const std::string wanted = name.value_or("gelu");
  for (const Row& row : kRows) {
    if (row.name == wanted) return row.activation;
  }
  return absl::UnimplementedError(
      absl::StrCat(file.path(), ": \"activation_function\" is \"", wanted,
                   "\"; supported are swish, silu, relu, gelu and gelu_new"));
}

absl::StatusOr<TransformerStackConfig> ReadStack(const JsonFile& file,
                                                 absl::string_view side,
                                                 int d_model) {
  TransformerStackConfig stack;
  PARLEY_ASSIGN_OR_RETURN(stack.num_layers,
                          ReadInt(file, absl::StrCat(side, "_layers"),
                                  {.low = 1, .high = kMaxLayers}));
  const std::string heads_key = absl::StrCat(side, "_attention_heads");
  PARLEY_ASSIGN_OR_RETURN(
      stack.num_heads, ReadInt(file, heads_key, {.low = 1, .high = kMaxWidth}));
  if (d_model % stack.num_heads != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(file.path(), ": \"", heads_key, "\" is ", stack.num_heads,
                     ", which does not divide \"d_model\" ", d_model));
  }
  PARLEY_ASSIGN_OR_RETURN(stack.ffn_dim,
                          ReadInt(file, absl::StrCat(side, "_ffn_dim"),
                                  {.low = 1, .high = kMaxWidth}));
  return stack;
}

// Variants that Marian's converters can write, or that other models of the
// same layout have, and that change every answer.
absl::Status RefuseVariants(const JsonFile& file) {
  struct Row {
    absl::string_view key;
    bool expected;
  };
  constexpr Row kRows[] = {{"normalize_before", false},
                           {"normalize_embedding", false},
                           {"add_final_layer_norm", false},
                           {"static_position_embeddings", true}};
  for (const Row& row : kRows) {
    PARLEY_ASSIGN_OR_RETURN(const std::optional<bool> value,
                            file.GetBool(row.key));
    if (value.value_or(row.expected) != row.expected) {
      return absl::UnimplementedError(absl::StrCat(
          file.path(), ": \"", row.key, "\" is ", *value ? "true" : "false",
          "; only ", row.expected ? "true" : "false", " is supported"));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadVocabularies(const JsonFile& file, MarianConfig* config) {
  PARLEY_ASSIGN_OR_RETURN(
      config->encoder.vocab_size,
      ReadInt(file, "vocab_size", {.low = 1, .high = kMaxVocabulary}));
  PARLEY_ASSIGN_OR_RETURN(config->decoder.vocab_size,
                          ReadInt(file, "decoder_vocab_size",
                                  {.low = 1,
                                   .high = kMaxVocabulary,
                                   .unset = config->encoder.vocab_size}));
  PARLEY_ASSIGN_OR_RETURN(const std::optional<bool> share,
                          file.GetBool("share_encoder_decoder_embeddings"));
  config->shares_embeddings = share.value_or(true);
  if (config->shares_embeddings &&
      config->encoder.vocab_size != config->decoder.vocab_size) {
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(), ": embeddings are shared, but \"vocab_size\" is ",
        config->encoder.vocab_size, " and \"decoder_vocab_size\" ",
        config->decoder.vocab_size));
  }
  PARLEY_ASSIGN_OR_RETURN(const std::optional<bool> tie,
                          file.GetBool("tie_word_embeddings"));
  config->ties_output = tie.value_or(true);
  return absl::OkStatus();
}

absl::Status CheckTokenIds(const JsonFile& file, const MarianConfig& config) {
  const GenerationConfig& generation = config.generation;
  const auto check = [&](absl::string_view key, int id) -> absl::Status {
    if (id < config.decoder.vocab_size) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        file.path(), ": \"", key, "\" is ", id, ", but the vocabulary has ",
        config.decoder.vocab_size, " tokens"));
  };
  PARLEY_RETURN_IF_ERROR(
      check("decoder_start_token_id", generation.decoder_start_token_id));
  PARLEY_RETURN_IF_ERROR(check("eos_token_id", generation.eos_token_id));
  PARLEY_RETURN_IF_ERROR(
      check("forced_eos_token_id", generation.forced_eos_token_id));
  for (const std::vector<int>& word : generation.bad_words_ids) {
    for (const int id : word) {
      PARLEY_RETURN_IF_ERROR(check("bad_words_ids", id));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MarianConfig> ReadMarianConfig(const std::string& directory) {
  PARLEY_ASSIGN_OR_RETURN(const JsonFile file, JsonFile::Read(absl::StrCat(
                                                   directory, "/config.json")));
  PARLEY_ASSIGN_OR_RETURN(const std::optional<std::string> type,
                          file.GetString("model_type"));
  if (type != "marian") {
    return absl::UnimplementedError(absl::StrCat(
        file.path(), ": \"model_type\" is \"", type.value_or("(missing)"),
        "\"; supported is \"marian\""));
  }
  PARLEY_RETURN_IF_ERROR(RefuseVariants(file));
  MarianConfig config;
  PARLEY_ASSIGN_OR_RETURN(const auto architectures,
                          file.GetStrings("architectures"));
  config.architecture = architectures.has_value() && !architectures->empty()
                            ? architectures->front()
                            : "MarianMTModel";
  PARLEY_ASSIGN_OR_RETURN(
      config.d_model, ReadInt(file, "d_model", {.low = 1, .high = kMaxWidth}));
  PARLEY_ASSIGN_OR_RETURN(config.encoder,
                          ReadStack(file, "encoder", config.d_model));
  PARLEY_ASSIGN_OR_RETURN(config.decoder,
                          ReadStack(file, "decoder", config.d_model));
  PARLEY_RETURN_IF_ERROR(ReadVocabularies(file, &config));
  PARLEY_ASSIGN_OR_RETURN(config.activation, ReadActivation(file));
  PARLEY_ASSIGN_OR_RETURN(const std::optional<bool> scale,
                          file.GetBool("scale_embedding"));
  if (scale.value_or(false)) {
    config.embedding_scale = std::sqrt(static_cast<double>(config.d_model));
  }
  PARLEY_ASSIGN_OR_RETURN(config.max_positions,
                          ReadInt(file, "max_position_embeddings",
                                  {.low = 2, .high = kMaxPositions}));
  PARLEY_ASSIGN_OR_RETURN(config.generation,
                          ReadGenerationConfig(directory, file));
  PARLEY_RETURN_IF_ERROR(CheckTokenIds(file, config));
  return config;
}

}  // namespace parley
