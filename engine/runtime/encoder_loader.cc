#include "engine/runtime/encoder_loader.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/models/encoder.h"
#include "engine/models/encoder_config.h"
#include "engine/runtime/encoder_engine.h"
#include "engine/runtime/precision.h"
#include "engine/tokenizer/encoder_tokenizer_loader.h"
#include "engine/weights/weight_file.h"

namespace parley {
namespace {

absl::StatusOr<EncoderEngineParts> LoadParts(
    const EncoderSource& encoder, const EncoderConfig& config,
    std::shared_ptr<const WeightFile> file, const WeightOptions& options) {
  const SentenceTransformers& sentences = encoder.sentences;
  PARLEY_ASSIGN_OR_RETURN(EncoderModel model,
                          LoadEncoder(config, std::move(file), options));
  if (!model.unknown_tensors.empty()) {
    PARLEY_LOG(kWarning) << sentences.transformer_directory
                         << ": ignored tensors: "
                         << absl::StrJoin(model.unknown_tensors, ", ");
  }
  EncoderEngineParts parts = {.defaults = {.pooling = sentences.pooling}};
  const size_t num_poolings = sentences.pooling.size();
  PARLEY_ASSIGN_OR_RETURN(
      DenseLayers dense,
      DenseLayers::Load(sentences.dense,
                        static_cast<int64_t>(num_poolings) * config.d_model));
  if (!dense.empty()) {
    parts.defaults.num_poolings = static_cast<int>(num_poolings);
  }
  parts.dense = std::make_shared<const DenseLayers>(std::move(dense));
  parts.model = std::make_shared<const EncoderModel>(std::move(model));
  return parts;
}

absl::Status CheckVocabulary(const EncoderSource& encoder,
                             const EncoderTokenizer& tokenizer,
                             const EncoderConfig& config) {
  if (tokenizer.vocab_size() <= config.vocab_size) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      encoder.sentences.transformer_directory, ": the tokenizer has ids up to ",
      tokenizer.vocab_size() - 1, ", but \"vocab_size\" of config.json is ",
      config.vocab_size));
}

// What a request that does not say otherwise is cut to.
int DefaultMaxTokens(const SentenceTransformers& sentences,
                     const EncoderTokenizer& tokenizer, int max_positions) {
  int max_tokens = max_positions;
  for (const std::optional<int> limit :
       {sentences.max_tokens, tokenizer.max_tokens()}) {
    if (limit.has_value()) max_tokens = std::min(max_tokens, *limit);
  }
  return max_tokens;
}

EncoderInfo Describe(const SentenceTransformers& sentences,
                     const EncoderEngineParts& parts) {
  const EncoderConfig& config = parts.model->config;
  const EncoderHeads& heads = parts.model->heads;
  EncoderInfo info;
  info.embedding_dim =
      parts.dense->empty()
          ? config.d_model * static_cast<int>(sentences.pooling.size())
          : static_cast<int>(parts.dense->out_features());
  info.d_model = config.d_model;
  info.num_layers = config.num_layers;
  info.num_segments = std::max(1, config.num_segments);
  info.pooling = sentences.pooling;
  info.pools_any_width = parts.dense->empty();
  info.normalizes = sentences.normalizes;
  info.prompts = sentences.prompts;
  info.default_prompt = sentences.default_prompt;
  info.pools_prompt = sentences.pools_prompt;
  info.similarity = sentences.similarity;
  info.labels = config.heads.labels;
  info.has_independent_labels = config.heads.has_independent_labels;
  info.is_regression = config.heads.is_regression;
  info.fills_masks = heads.masked_tokens.has_value();
  info.predicts_next_sentence = heads.next_sentence.has_value();
  return info;
}

}  // namespace

absl::StatusOr<LoadedModel> LoadEncoderModel(const EncoderSource& encoder,
                                             const LoadOptions& options,
                                             const LoadProgress& progress) {
  const SentenceTransformers& sentences = encoder.sentences;
  PARLEY_ASSIGN_OR_RETURN(const EncoderConfig config,
                          ReadEncoderConfig(encoder.config_file));
  progress("reading vocabulary", 0.02);
  PARLEY_ASSIGN_OR_RETURN(
      std::unique_ptr<const EncoderTokenizer> tokenizer,
      LoadEncoderTokenizer(sentences.transformer_directory,
                           {.lowercase = sentences.lowercase}));
  PARLEY_RETURN_IF_ERROR(CheckVocabulary(encoder, *tokenizer, config));
  progress("opening weights", 0.1);
  PARLEY_ASSIGN_OR_RETURN(std::shared_ptr<const WeightFile> file,
                          OpenModelWeights(sentences.transformer_directory));
  PARLEY_ASSIGN_OR_RETURN(const kernels::Precision precision,
                          PrecisionFor(*file, options));
  PARLEY_ASSIGN_OR_RETURN(const EncoderEngineParts parts,
                          LoadParts(encoder, config, std::move(file),
                                    {.precision = precision,
                                     .progress =
                                         [&](double done) {
                                           progress("packing weights",
                                                    0.1 + 0.8 * done);
                                         },
                                     .sink = encoder.source.sink}));
  LoadedModel loaded;
  ModelInfo& info = loaded.info;
  info.display_name = encoder.source.display_name;
  info.kind = ModelKind::kEncoder;
  info.architecture = config.architecture;
  info.compute_type = ComputeTypeOf(precision);
  info.num_parameters =
      parts.model->num_parameters + parts.dense->num_parameters();
  info.vocab_size = config.vocab_size;
  info.max_source_tokens = config.max_tokens();
  info.encoder = Describe(sentences, parts);
  info.encoder.max_tokens =
      DefaultMaxTokens(sentences, *tokenizer, config.max_tokens());
  progress("reserving memory", 0.95);
  for (int replica = 0; replica < options.num_replicas; ++replica) {
    loaded.engines.push_back(
        std::make_unique<EncoderEngine>(parts, options, replica));
  }
  loaded.encoder_tokenizer = std::move(tokenizer);
  progress("ready", 1.0);
  return loaded;
}

}  // namespace parley
