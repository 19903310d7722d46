#include "engine/runtime/marian_loader.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "engine/models/marian.h"
#include "engine/runtime/marian_shortlist.h"
#include "engine/runtime/parley_json.h"
#include "engine/runtime/precision.h"
#include "engine/runtime/search_defaults.h"
#include "engine/runtime/translation_engine.h"
#include "engine/tokenizer/marian_tokenizer.h"
#include "engine/weights/weight_file.h"

namespace parley {
namespace {

// OPUS-MT's own form of a target language token.
constexpr absl::string_view kTargetToken = ">>{language}<<";

ModelLanguages ResolveLanguages(const MarianTokenizerInfo& tokenizer,
                                const ParleyJson& parley_json) {
  ModelLanguages languages;
  languages.pairs = parley_json.language_pairs;
  const bool has_tokens = !tokenizer.target_languages.empty();
  if (languages.pairs.empty() && has_tokens) {
    languages.targets = tokenizer.target_languages;
  } else if (languages.pairs.empty() && !tokenizer.target_language.empty() &&
             tokenizer.target_language != "mul") {
    // A model of one target; "mul" as its source stands for any.
    if (tokenizer.source_language.empty() ||
        tokenizer.source_language == "mul") {
      languages.targets = {tokenizer.target_language};
    } else {
      languages.pairs = {{.source = tokenizer.source_language,
                          .target = tokenizer.target_language}};
    }
  }
  for (const LanguagePair& pair : languages.pairs) {
    if (!absl::c_linear_search(languages.targets, pair.target)) {
      languages.targets.push_back(pair.target);
    }
  }
  languages.target_token = parley_json.target_language_token.value_or(
      has_tokens ? std::string(kTargetToken) : "");
  return languages;
}

absl::Status CheckTargetTokens(const ModelLanguages& languages,
                               const Tokenizer& tokenizer) {
  if (languages.target_token.empty()) return absl::OkStatus();
  for (const std::string& target : languages.targets) {
    const std::string token =
        absl::StrReplaceAll(languages.target_token, {{"{language}", target}});
    PARLEY_RETURN_IF_ERROR(tokenizer.Encode("", token).status());
  }
  return absl::OkStatus();
}

absl::Status CheckVocabulary(const MarianTokenizerInfo& tokenizer,
                             const MarianConfig& config,
                             const std::string& directory) {
  const auto check = [&](absl::string_view side, int num_tokens,
                         int num_rows) -> absl::Status {
    if (num_tokens <= num_rows) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(directory, ": the ", side, " vocabulary has ids up to ",
                     num_tokens - 1, ", but config.json has only ", num_rows));
  };
  PARLEY_RETURN_IF_ERROR(
      check("source", tokenizer.source_vocab_size, config.encoder.vocab_size));
  return check("target", tokenizer.target_vocab_size,
               config.decoder.vocab_size);
}

absl::StatusOr<std::shared_ptr<const MarianModel>> LoadMarian(
    const MarianConfig& config, std::shared_ptr<const WeightFile> file,
    const WeightOptions& options) {
  const std::string path = file->path();
  auto model = std::make_shared<MarianModel>();
  model->config = config;
  PARLEY_ASSIGN_OR_RETURN(model->weights,
                          LoadMarianWeights(config, std::move(file), options));
  if (!model->weights.unknown_tensors.empty()) {
    PARLEY_LOG(kWarning) << path << ": ignored tensors: "
                         << absl::StrJoin(model->weights.unknown_tensors, ", ");
  }
  return model;
}

}  // namespace

absl::StatusOr<LoadedModel> LoadMarianModel(const ModelSource& source,
                                            const LoadOptions& options,
                                            const LoadProgress& progress) {
  const std::string& directory = source.directory;
  const ParleyJson& parley_json = source.parley_json;
  PARLEY_ASSIGN_OR_RETURN(const MarianConfig config,
                          ReadMarianConfig(directory));
  progress("reading vocabulary", 0.02);
  PARLEY_ASSIGN_OR_RETURN(std::unique_ptr<MarianTokenizer> tokenizer,
                          MarianTokenizer::Load(directory));
  PARLEY_RETURN_IF_ERROR(CheckVocabulary(tokenizer->info(), config, directory));
  progress("opening weights", 0.1);
  PARLEY_ASSIGN_OR_RETURN(std::shared_ptr<const WeightFile> file,
                          OpenModelWeights(directory));
  PARLEY_ASSIGN_OR_RETURN(const kernels::Precision precision,
                          PrecisionFor(*file, options));
  PARLEY_ASSIGN_OR_RETURN(std::shared_ptr<const MarianModel> model,
                          LoadMarian(config, std::move(file),
                                     {.precision = precision,
                                      .progress =
                                          [&](double done) {
                                            progress("packing weights",
                                                     0.1 + 0.8 * done);
                                          },
                                      .sink = source.sink}));
  LoadedModel loaded;
  ModelInfo& info = loaded.info;
  info.display_name = source.display_name;
  info.kind = ModelKind::kTranslation;
  info.architecture = config.architecture;
  info.compute_type = ComputeTypeOf(precision);
  info.num_parameters = model->weights.num_parameters;
  info.vocab_size = config.decoder.vocab_size;
  const int max_tokens = tokenizer->info().max_tokens;
  info.max_source_tokens = max_tokens > 0
                               ? std::min(max_tokens, config.max_positions)
                               : config.max_positions;
  info.max_target_tokens = config.max_positions;
  info.languages = ResolveLanguages(tokenizer->info(), parley_json);
  PARLEY_RETURN_IF_ERROR(CheckTargetTokens(info.languages, *tokenizer));
  PARLEY_ASSIGN_OR_RETURN(info.default_search,
                          ResolveSearchDefaults(config.generation, parley_json,
                                                info.max_target_tokens));
  PARLEY_RETURN_IF_ERROR(
      AddMarianShortlist(source, *tokenizer, config.generation, &loaded));
  progress("reserving memory", 0.95);
  for (int replica = 0; replica < options.num_replicas; ++replica) {
    PARLEY_ASSIGN_OR_RETURN(loaded.engines.emplace_back(),
                            TranslationEngine::Create(model, options, replica));
  }
  loaded.tokenizer = std::move(tokenizer);
  progress("ready", 1.0);
  return loaded;
}

}  // namespace parley
